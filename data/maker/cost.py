"""Multiply-adds and parameters of layers.

FLOPs count single multiply-adds of convolution and linear weights; parameters count batch norm's scale and shift too.
"""

from collections import namedtuple


class Cost(namedtuple("Cost", "flops params")):
    def __add__(self, other):
        return Cost(self.flops + other.flops, self.params + other.params)

    def __mul__(self, times):
        return Cost(self.flops * times, self.params * times)


NOTHING = Cost(0, 0)


def convolution(inputs, outputs, kernel, pixels, groups=1):
    """A convolution without bias whose output is `pixels` x `pixels`."""
    weights = inputs // groups * outputs * kernel * kernel
    return Cost(weights * pixels * pixels, weights)


def batch_norm(channels):
    return Cost(0, 2 * channels)


def linear(inputs, outputs):
    return Cost(inputs * outputs, inputs * outputs + outputs)
