"""The peers. Each is made once for a table, an objective and its limits; solve(limits) sets the limits' right-hand sides and returns
(milliseconds of the solve alone, values of the variables).

All prove the optimum to the last multiple of the resolution: no relative gap, an absolute gap of half a multiple, and tolerances
as tight as the solver takes. HiGHS and CBC calculate in floating point: rows and objective are divided by SCALE to keep numbers in
the range they are made for, and a limit is set half a multiple past its value, which excludes the same networks.
"""

import ctypes
import ctypes.util
import time

THREADS = 2
SCALE = 1e6
HALF = 0.5
OPEN = 2**50  # an integer bound past every sum


class Highs:
    """highspy; the model stays, its bounds change. A solve may start from the last solution: HiGHS decides."""

    name = "HiGHS"

    def __init__(self, table, objective, limits):
        import highspy
        self.limits, self.row_count = limits, len(table.rows([]))
        self.infinity = highspy.kHighsInf
        self.solver = highspy.Highs()
        for option, value in (("log_to_console", False), ("output_flag", False), ("threads", THREADS), ("mip_rel_gap", 0.0), ("mip_abs_gap", HALF / SCALE),
                              ("mip_feasibility_tolerance", 1e-9), ("primal_feasibility_tolerance", 1e-9)):
            self.solver.setOptionValue(option, value)
        for value in table.metrics[objective]["values"]:
            self.solver.addVar(0, 1)
            column = self.solver.getNumCol() - 1
            self.solver.changeColCost(column, value / SCALE)
            self.solver.changeColIntegrality(column, highspy.HighsVarType.kInteger)
        self.solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
        for number, (coefficients, lower, upper) in enumerate(table.rows([limit.metric for limit in limits])):
            scale = SCALE if number >= self.row_count else 1
            self.solver.addRow(-self.infinity if lower is None else lower, self.infinity if upper is None else upper,
                               len(coefficients), list(coefficients), [value / scale for value in coefficients.values()])

    @staticmethod
    def version():
        import highspy
        return f"HiGHS {highspy.Highs().version()} (highspy)"

    def solve(self, values):
        for number, (limit, value) in enumerate(zip(self.limits, values)):
            bound = (value - limit.base + (HALF if limit.at_most else -HALF)) / SCALE
            self.solver.changeRowBounds(self.row_count + number, -self.infinity if limit.at_most else bound,
                                        bound if limit.at_most else self.infinity)
        start = time.perf_counter()
        self.solver.run()
        seconds = time.perf_counter() - start
        return 1e3 * seconds, self.solver.getSolution().col_value


class Cbc:
    """Debian's library by its C interface; the clock runs around Cbc_solve. The model is built anew, untimed, for every solve: this
    release does not solve a model twice."""

    name = "CBC"

    def __init__(self, table, objective, limits):
        self.limits, self.rows = limits, table.rows([limit.metric for limit in limits])
        self.objective = [value / SCALE for value in table.metrics[objective]["values"]]
        self.library = self.load()

    @staticmethod
    def load():
        name = ctypes.util.find_library("CbcSolver")
        library = ctypes.CDLL(name) if name else None
        if library:
            library.Cbc_newModel.restype = ctypes.c_void_p
            library.Cbc_getVersion.restype = ctypes.c_char_p
            library.Cbc_getColSolution.restype = ctypes.POINTER(ctypes.c_double)
        return library

    @staticmethod
    def version():
        library = Cbc.load()
        if not library:
            raise ImportError("CBC's library is not installed")
        return f"CBC {library.Cbc_getVersion().decode()} (libCbcSolver)"

    def bounds(self, values):
        rows = self.rows[:len(self.rows) - len(self.limits)]
        pairs = [(-1e30 if lower is None else lower, 1e30 if upper is None else upper) for _, lower, upper in rows]
        for limit, value in zip(self.limits, values):
            bound = (value - limit.base + (HALF if limit.at_most else -HALF)) / SCALE
            pairs.append((-1e30, bound) if limit.at_most else (bound, 1e30))
        return pairs

    def load_problem(self, model, values):
        columns = [[] for _ in self.objective]
        plain = len(self.rows) - len(self.limits)
        for row, (coefficients, _, _) in enumerate(self.rows):
            for item, value in coefficients.items():
                columns[item].append((row, value if row < plain else value / SCALE))
        starts = [sum(map(len, columns[:column])) for column in range(len(columns) + 1)]
        flat = [entry for column in columns for entry in column]
        lower, upper = zip(*self.bounds(values))
        doubles = lambda numbers: (ctypes.c_double * len(numbers))(*numbers)  # noqa: E731
        integers = lambda numbers: (ctypes.c_int * len(numbers))(*numbers)    # noqa: E731
        self.library.Cbc_loadProblem(model, len(columns), len(self.rows), integers(starts), integers([row for row, _ in flat]),
                                     doubles([value for _, value in flat]), doubles([0] * len(columns)),
                                     doubles([1] * len(columns)), doubles(self.objective), doubles(lower), doubles(upper))

    def solve(self, values):
        model = ctypes.c_void_p(self.library.Cbc_newModel())
        self.load_problem(model, values)
        for column in range(len(self.objective)):
            self.library.Cbc_setInteger(model, column)
        self.library.Cbc_setObjSense(model, ctypes.c_double(-1))
        for option, value in (("log", "0"), ("threads", str(THREADS)), ("ratioGap", "0"), ("allowableGap", str(HALF / SCALE)),
                              ("primalTolerance", "1e-9"), ("integerTolerance", "1e-9")):
            self.library.Cbc_setParameter(model, option.encode(), value.encode())
        start = time.perf_counter()
        self.library.Cbc_solve(model)
        seconds = time.perf_counter() - start
        solution = self.library.Cbc_getColSolution(model)[:len(self.objective)]
        self.library.Cbc_deleteModel(model)
        return 1e3 * seconds, solution


class CpSat:
    """OR-Tools' CP-SAT, in integers throughout; the model stays, its limits' domains change; the time is the solver's own."""

    name = "CP-SAT"

    def __init__(self, table, objective, limits):
        from ortools.sat.python import cp_model
        self.cp_model, self.limits = cp_model, limits
        self.model = cp_model.CpModel()
        self.variables = [self.model.new_bool_var("") for _ in range(table.item_count)]
        plain = len(table.rows([]))
        self.changing = []
        for number, (coefficients, lower, upper) in enumerate(table.rows([limit.metric for limit in limits])):
            total = sum(value * self.variables[item] for item, value in coefficients.items())
            if number >= plain:
                self.changing.append(self.model.add_linear_constraint(total, -OPEN, OPEN))
            else:
                self.model.add_linear_constraint(total, -OPEN if lower is None else lower, OPEN if upper is None else upper)
        self.model.maximize(sum(v * x for v, x in zip(table.metrics[objective]["values"], self.variables)))

    @staticmethod
    def version():
        import ortools
        return f"CP-SAT of OR-Tools {ortools.__version__}"

    def solve(self, values):
        for row, limit, value in zip(self.changing, self.limits, values):
            bound = value - limit.base
            domain = row.proto.linear.domain
            domain[0], domain[1] = (-OPEN, bound) if limit.at_most else (bound, OPEN)
        solver = self.cp_model.CpSolver()
        solver.parameters.num_workers = THREADS
        solver.parameters.relative_gap_limit = 0
        solver.solve(self.model)
        return 1e3 * solver.wall_time, [solver.value(variable) for variable in self.variables]


def available():
    """{class: version} of the solvers that are installed."""
    found = {}
    for peer in (Highs, Cbc, CpSat):
        try:
            found[peer] = peer.version()
        except ImportError:
            pass
    return found
