"""scikit-learn's models on the training networks that bench_predictor wrote down: ridge and gradient boosted trees on one-hot blocks, a plain Gaussian
process on them. Each is tuned by cross-validation on the same training networks alone (5 folds, squared error), targets -log(100 - accuracy) or the
raw values, whichever the folds prefer, so that no model is handicapped by its scale.

usage: predict_peers.py DESIGNS [--seeds FIRST LAST] [--model NAME] [--design NAME] [--networks N]
prints lines as bench_predictor does: space,set,design/model,networks,seed,tau_all,tau_unmeasured,0,seconds,0; all cases of a seed before the next seed
"""
import argparse
import csv
import gzip
import time
import warnings

import numpy
from scipy.stats import kendalltau
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold

warnings.filterwarnings("ignore")  # a Gaussian process at the edge of its bounds says so on every fit
csv.field_size_limit(1 << 30)


class Benchmark:
    """One-hot rows and values of a truth file; the folder has the space's name."""

    def __init__(self, space, column):
        with gzip.open(f"data/{space}/truth.csv.gz", "rt", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        header, rows = rows[0], rows[1:]
        nodes = next(i for i, name in enumerate(header) if not name.startswith(("edge ", "layer", "block")))
        choices = numpy.array([[int(cell) for cell in row[:nodes]] for row in rows])
        self.values = numpy.array([float(row[header.index(column)]) for row in rows])
        self.one_hot = numpy.concatenate(
            [numpy.eye(choices[:, node].max() + 1)[choices[:, node]] for node in range(nodes)], axis=1)


def models():
    """Name and search of each peer. A process tunes itself by its evidence, as scikit-learn's users have it."""
    folds = KFold(5, shuffle=True, random_state=0)
    yield "ridge", GridSearchCV(Ridge(), {"alpha": [1e-3, 1e-2, 0.1, 0.3, 1, 3, 10, 30, 100]}, cv=folds,
                                scoring="neg_mean_squared_error")
    grid = {"n_estimators": [200], "max_depth": [2, 4], "learning_rate": [0.1]}
    yield "boosted trees", GridSearchCV(GradientBoostingRegressor(subsample=0.7, random_state=0), grid, cv=folds,
                                        scoring="neg_mean_squared_error")
    kernel = ConstantKernel(1.0) * RBF(2.0) + WhiteKernel(0.1)
    yield "process", GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=2, random_state=0)


def predict(benchmark, rows, search):
    """Predictions of every network, on the scale of targets that cross-validation prefers."""
    x, y = benchmark.one_hot[rows], benchmark.values[rows]
    best = None
    for link, back in ((lambda v: -numpy.log(100 - v), lambda z: 100 - numpy.exp(-z)), (lambda v: v, lambda z: z)):
        search.fit(x, link(y))
        if isinstance(search, GridSearchCV):
            folds, model = search.cv, search.best_estimator_
        else:
            folds, model = KFold(5, shuffle=True, random_state=0), search
        error = 0
        for train, test in folds.split(x):
            fold = type(model)(**{**model.get_params(deep=False)})
            if isinstance(fold, GaussianProcessRegressor):
                fold.set_params(kernel=model.kernel_, optimizer=None)
            fold.fit(x[train], link(y[train]))
            error += ((back(fold.predict(x[test])) - y[test]) ** 2).sum()
        if best is None or error < best[0]:
            best = (error, model.predict(benchmark.one_hot))
            if not isinstance(search, GridSearchCV):
                search = GaussianProcessRegressor(**search.get_params(deep=False))
    return best[1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("designs")
    parser.add_argument("--seeds", type=int, nargs=2, default=(1, 20), metavar=("FIRST", "LAST"))
    parser.add_argument("--design", action="append", help="only these designs")
    parser.add_argument("--model", action="append", help="only these models")
    parser.add_argument("--networks", action="append", help="only so many training networks")
    arguments = parser.parse_args()
    known = {}
    with open(arguments.designs, newline="", encoding="utf-8") as file:
        designs = sorted(csv.reader(file), key=lambda line: int(line[4]))
    for space, column, design, count, seed, rows, evaluated in designs:
        if not arguments.seeds[0] <= int(seed) <= arguments.seeds[1] or (arguments.design and design not in arguments.design):
            continue
        if arguments.networks and count not in arguments.networks:
            continue
        if (space, column) not in known:
            known[space, column] = Benchmark(space, column)
        benchmark = known[space, column]
        rows = numpy.array([int(row) for row in rows.split()])
        part = numpy.array([c == "1" for c in evaluated]) if evaluated else numpy.ones(len(benchmark.values), bool)
        for name, search in models():
            if arguments.model and name not in arguments.model:
                continue
            start = time.perf_counter()
            predicted = predict(benchmark, rows, search)
            seconds = time.perf_counter() - start
            tau = kendalltau(predicted[part], benchmark.values[part]).statistic
            rest = part.copy()
            rest[rows] = False
            apart = kendalltau(predicted[rest], benchmark.values[rest]).statistic
            print(f"{space},{column},{design}/{name},{count},{seed},{tau:.4f},{apart:.4f},0,{seconds:.4f},0",
                  flush=True)


if __name__ == "__main__":
    main()
