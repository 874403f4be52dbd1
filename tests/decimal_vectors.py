#!/usr/bin/env python3
"""Prints the vectors of tests/decimal_vectors.h: decimals rounded by Python's fractions, which share nothing with host/core."""
import random
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 2000
random.seed(5)
LARGEST = 2**63 - 1

BY_HAND = [
    ("0", 1, 0), ("-0.000", 1, 6), ("+7", 1, 0), ("0.5", 1, 0), ("-0.5", 1, 0), ("1.5", 1, 0), ("-2.5", 1, 0),
    ("2." + "4" + "9" * 40, 1, 0), ("2.5" + "0" * 44 + "1", 1, 0), ("-2.5" + "0" * 44 + "1", 1, 0), ("0.4" + "9" * 46, 1, 0),
    ("1e300", 1, 0), ("-1e300", 1, 18), ("1e-300", 1, 18), ("-1e-300", 1, 18), ("1e-300", LARGEST, 0), ("1.25e-299", 1, 18),
    ("5e-19", 1, 18), ("4." + "9" * 40 + "e-19", 1, 18), ("0.125", 25, 2), ("-0.125", 25, 2), ("0.375", 25, 2),
    ("0.374999", 25, 2), ("1e2", 25, 2), ("7.5", 5, 0), ("-7.5", 5, 0), ("12.5", 5, 0), ("12.4999", 5, 0), ("-12", 5, 0),
    ("-13", 5, 0), ("9.223372036854775807", 1, 18), ("9.2233720368547758074", 1, 18), ("9.2233720368547758075", 1, 18),
    ("9.223372036854775808", 1, 18), ("-9.223372036854775807", 1, 18), ("-9.223372036854775807" + "0" * 20 + "1", 1, 18),
    ("-9.223372036854775808", 1, 18), ("1234567890" * 6 + "e-50", 1, 6), ("0." + "0" * 58 + "123456789e60", 1, 3),
    ("1234567890" * 4, 7, 0), ("922337203685477580.7e1", 1, 0), ("9223372036854775807", 1, 0), ("9223372036854775808", 1, 0),
    ("9223372036854775807.5", 1, 0), ("9223372036854775807.4", 1, 0), ("18446744073709551614", 2, 0),
    ("18446744073709551613", 2, 0), ("18446744073709551615", 2, 0), ("40.78", 1, 6), ("-4.3833335", 1, 6), ("5711", 1, 6),
    ("0.1", 3, 0), ("1.4999", 3, 0), ("1.5", 3, 0), ("-1.5", 3, 0), ("4.5", 3, 0), ("1.E2", 1, 0), (".5e1", 1, 1),
    ("00012.50", 1, 1), ("6.02214076E+23", 1, 0), ("0" * 50 + "1" + "0" * 50 + "e-50", 1, 0), ("1e-0000000000000000002", 1, 2),
    ("9" * 36, LARGEST, 17), ("9" * 37, LARGEST, 18),
]


def rounded(text, mantissa, decimals):
    value = Fraction(Decimal(text)) / Fraction(mantissa, 10**decimals)
    low = value.numerator // value.denominator
    high = -(-value.numerator // value.denominator)
    size = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return [low, high, size if value >= 0 else -size], low == high


def digits(count):
    return "".join(random.choice("0123456789") for _ in range(count))


def drawn():
    mantissa, decimals = random.choice([1, 1, 1, 2, 25, 5, 3, 125, 7, 12345]), random.randint(0, 18)
    if random.random() < 0.5:  # a half between two multiples, or a little more
        half = Decimal(2 * random.randint(-10 ** random.randint(0, 12), 10 ** random.randint(0, 12)) + 1) * mantissa / 2
        text = "{:f}".format(half / Decimal(10) ** decimals)
        if random.random() < 0.4:
            text += ("" if "." in text else ".") + "0" * random.randint(0, 30) + "1"
        return text, mantissa, decimals
    count = random.randint(1, 45)
    point, all_digits = random.randint(0, count), digits(count)
    text = random.choice(["", "-"]) + all_digits[:point] + "." + all_digits[point:]
    return text + ("e%d" % random.randint(-25, 5) if random.random() < 0.7 else ""), mantissa, decimals


def main():
    rows = list(BY_HAND)
    while len(rows) < 240:
        row = drawn()
        if len(rows) % 20 == 0 or abs(rounded(*row)[0][0]) < LARGEST:
            rows.append(row)
    print("/* Made by tests/decimal_vectors.py: text, resolution, its floor, ceiling and nearest multiple (TOO_LARGE: past 64 bits),")
    print(" * and whether the text is a multiple exactly. */")
    for row in rows:
        values, exact = rounded(*row)
        texts = ["TOO_LARGE" if abs(value) > LARGEST else str(value) for value in values]
        print('{"%s", {%d, %d}, {%s}, %s},' % (*row, ", ".join(texts), "true" if exact else "false"))


main()
