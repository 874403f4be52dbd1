"""The peers on one instance (instances.py). solve(instance, seconds) builds the model, untimed, and returns an Answer whose time is that
of the solve call alone.

All prove the optimum: relative gap 0; the absolute gap is just under 1, which is a gap of 0 for integers and lets every peer stop as
soon as no better integer is left. THREADS threads, except where a peer has no threads (said at its class).
"""

import ctypes
import ctypes.util
import importlib.metadata
import math
import time
from typing import NamedTuple, Optional

THREADS = 2
ABSOLUTE_GAP = 0.99


class Answer(NamedTuple):
    proved: bool
    network: Optional[list]  # item of each node
    bound: Optional[float]
    seconds: float
    nodes: Optional[int]


class TooLarge(Exception):
    """The peer's licence does not take a model of this size."""


def timed(call, *arguments):
    start = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - start


def rows(instance):
    """(items, coefficients, lower, upper): a row for each node, then one for each limit."""
    everything = range(instance.item_count)
    return ([(node, [1] * len(node), 1, 1) for node in instance.nodes()] +
            [(everything, weights, None, capacity) for weights, capacity in zip(instance.weights, instance.capacities)])


class Highs:
    name = "HiGHS"

    @staticmethod
    def version():
        return f"HiGHS {importlib.metadata.version('highspy')}"

    @staticmethod
    def model(instance, integer):
        import highspy
        solver = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", THREADS), ("parallel", "on"), ("mip_rel_gap", 0.0),
                              ("mip_abs_gap", ABSOLUTE_GAP)):
            solver.setOptionValue(option, value)
        lp, infinity = highspy.HighsLp(), highspy.kHighsInf
        lines = rows(instance)
        lp.num_col_, lp.num_row_, lp.sense_ = instance.item_count, len(lines), highspy.ObjSense.kMaximize
        lp.col_cost_ = instance.values
        lp.col_lower_, lp.col_upper_ = [0] * instance.item_count, [1] * instance.item_count
        lp.row_lower_ = [-infinity if lower is None else lower for _, _, lower, _ in lines]
        lp.row_upper_ = [upper for _, _, _, upper in lines]
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = [0] + [end for end in running_sum(len(items) for items, _, _, _ in lines)]
        lp.a_matrix_.index_ = [item for items, _, _, _ in lines for item in items]
        lp.a_matrix_.value_ = [value for _, values, _, _ in lines for value in values]
        if integer:
            lp.integrality_ = [highspy.HighsVarType.kInteger] * instance.item_count
        solver.passModel(lp)
        return solver

    @classmethod
    def solve(cls, instance, seconds):
        import highspy
        solver = cls.model(instance, integer=True)
        solver.setOptionValue("time_limit", float(seconds))
        spent = timed(solver.run)
        info = solver.getInfo()
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        return Answer(solver.getModelStatus() == highspy.HighsModelStatus.kOptimal,
                      instance.network(solver.getSolution().col_value) if found else None, info.mip_dual_bound, spent,
                      info.mip_node_count)


class Relaxation:
    """No peer: the bound of the linear relaxation, by HiGHS. It has no network."""

    name = "LP"
    version = Highs.version

    @staticmethod
    def solve(instance, seconds):
        import highspy
        solver = Highs.model(instance, integer=False)
        solver.setOptionValue("time_limit", float(seconds))
        spent = timed(solver.run)
        solved = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return Answer(False, None, solver.getInfo().objective_function_value if solved else None, spent, None)


def running_sum(numbers):
    total = 0
    for number in numbers:
        total += number
        yield total


class CpSat:
    name = "CP-SAT"

    @staticmethod
    def version():
        import ortools
        return f"CP-SAT {ortools.__version__}"

    @staticmethod
    def solve(instance, seconds):
        from ortools.sat.python import cp_model
        model = cp_model.CpModel()
        chosen = [model.new_bool_var("") for _ in range(instance.item_count)]
        for node in instance.nodes():
            model.add_exactly_one(chosen[item] for item in node)
        for weights, capacity in zip(instance.weights, instance.capacities):
            model.add(cp_model.LinearExpr.weighted_sum(chosen, weights) <= capacity)
        model.maximize(cp_model.LinearExpr.weighted_sum(chosen, instance.values))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = THREADS
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.relative_gap_limit = 0
        status = solver.solve(model)
        found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        return Answer(status == cp_model.OPTIMAL, instance.network([solver.value(x) for x in chosen]) if found else None,
                      solver.best_objective_bound, solver.wall_time, solver.num_branches)


class Scip:
    """One thread: SCIP's concurrent mode (two searches that exchange incumbents) was slower on most of the instances tried."""

    name = "SCIP"

    @staticmethod
    def version():
        import pyscipopt
        model = pyscipopt.Model()
        return f"SCIP {model.getMajorVersion()}.{model.getMinorVersion()}.{model.getTechVersion()}"

    @staticmethod
    def solve(instance, seconds):
        import pyscipopt
        model = pyscipopt.Model()
        model.hideOutput()
        chosen = [model.addVar(vtype="B", obj=value) for value in instance.values]
        model.setMaximize()
        for items, coefficients, lower, upper in rows(instance):
            total = pyscipopt.quicksum(value * chosen[item] for item, value in zip(items, coefficients))
            model.addCons(total == upper if lower is not None else total <= upper)
        for parameter, value in (("limits/time", float(seconds)), ("limits/gap", 0.0), ("limits/absgap", ABSOLUTE_GAP)):
            model.setParam(parameter, value)
        spent = timed(model.optimize)
        proved = model.getStatus() in ("optimal", "gaplimit")
        found = model.getNSols() > 0
        solution = model.getBestSol() if found else None
        return Answer(proved, instance.network([model.getSolVal(solution, x) for x in chosen]) if found else None,
                      model.getDualbound(), spent, model.getNTotalNodes())


class Gurobi:
    """The licence that comes with gurobipy takes 2,000 variables and 2,000 rows."""

    name = "Gurobi"

    @staticmethod
    def version():
        import gurobipy
        return "Gurobi " + ".".join(map(str, gurobipy.gurobi.version()))

    @staticmethod
    def solve(instance, seconds):
        import gurobipy
        with gurobipy.Env(params={"OutputFlag": 0}) as environment, gurobipy.Model(env=environment) as model:
            chosen = [model.addVar(vtype="B", obj=value) for value in instance.values]
            model.ModelSense = gurobipy.GRB.MAXIMIZE
            for items, coefficients, lower, upper in rows(instance):
                total = gurobipy.LinExpr(coefficients, [chosen[item] for item in items])
                model.addLConstr(total, "=" if lower is not None else "<", upper)
            for parameter, value in (("Threads", THREADS), ("TimeLimit", seconds), ("MIPGap", 0), ("MIPGapAbs", ABSOLUTE_GAP)):
                model.setParam(parameter, value)
            model.update()
            try:
                spent = timed(model.optimize)
            except gurobipy.GurobiError as error:
                if error.errno == gurobipy.GRB.Error.SIZE_LIMIT_EXCEEDED:
                    raise TooLarge from error
                raise
            found = model.SolCount > 0
            return Answer(model.Status == gurobipy.GRB.OPTIMAL, instance.network([x.X for x in chosen]) if found else None,
                          model.ObjBound, spent, int(model.NodeCount))


class Cbc:
    """Debian's library by its C interface."""

    name = "CBC"

    @staticmethod
    def load():
        name = ctypes.util.find_library("CbcSolver")
        if not name:
            raise ImportError("CBC's library is not installed")
        library = ctypes.CDLL(name)
        library.Cbc_newModel.restype = ctypes.c_void_p
        library.Cbc_getVersion.restype = ctypes.c_char_p
        library.Cbc_getColSolution.restype = ctypes.POINTER(ctypes.c_double)
        library.Cbc_getBestPossibleObjValue.restype = ctypes.c_double
        return library

    @staticmethod
    def version():
        return f"CBC {Cbc.load().Cbc_getVersion().decode()}"

    @staticmethod
    def fill(library, model, instance):
        lines = rows(instance)
        columns = [[] for _ in instance.values]
        for row, (items, coefficients, _, _) in enumerate(lines):
            for item, value in zip(items, coefficients):
                columns[item].append((row, value))
        flat = [entry for column in columns for entry in column]
        doubles = lambda numbers: (ctypes.c_double * len(numbers))(*numbers)  # noqa: E731
        integers = lambda numbers: (ctypes.c_int * len(numbers))(*numbers)    # noqa: E731
        library.Cbc_loadProblem(model, len(columns), len(lines), integers([0] + list(running_sum(map(len, columns)))),
                                integers([row for row, _ in flat]), doubles([value for _, value in flat]),
                                doubles([0] * len(columns)), doubles([1] * len(columns)), doubles(instance.values),
                                doubles([-1e30 if lower is None else lower for _, _, lower, _ in lines]),
                                doubles([upper for _, _, _, upper in lines]))
        for column in range(len(columns)):
            library.Cbc_setInteger(model, column)
        library.Cbc_setObjSense(model, ctypes.c_double(-1))

    @classmethod
    def solve(cls, instance, seconds):
        library = cls.load()
        model = ctypes.c_void_p(library.Cbc_newModel())
        cls.fill(library, model, instance)
        for option, value in (("log", 0), ("threads", THREADS), ("ratioGap", 0), ("allowableGap", ABSOLUTE_GAP),
                              ("timeMode", "elapsed"), ("seconds", seconds)):
            library.Cbc_setParameter(model, option.encode(), str(value).encode())
        spent = timed(library.Cbc_solve, model)
        solution = library.Cbc_getColSolution(model)
        network = instance.network(solution[:instance.item_count]) if solution else None
        return Answer(bool(library.Cbc_isProvenOptimal(model)), network, library.Cbc_getBestPossibleObjValue(model), spent,
                      library.Cbc_getNodeCount(model))


class Toulbar2:
    """A cost function network: one variable for each node with a value for each block, its costs the negated values; each limit is a
    knapsack constraint over (variable, value) pairs. That is the same problem, stated without binaries. The PyPI build searches with
    one thread (its parallel search is for MPI clusters). Its time limit is in whole seconds."""

    name = "toulbar2"

    @staticmethod
    def version():
        return f"toulbar2 {importlib.metadata.version('pytoulbar2')}"

    @staticmethod
    def network_of(instance):
        from pytoulbar2 import CFN
        costs = CFN(ubinit=1)  # every network costs less: values are positive
        for number, node in enumerate(instance.nodes()):
            costs.AddVariable(f"x{number}", range(len(node)))
            costs.AddFunction([number], [-instance.values[item] for item in node])
        for weights, capacity in zip(instance.weights, instance.capacities):
            # as AddGeneralizedLinearConstraint writes it (its own loop is quadratic): sum of -weight >= -capacity
            pairs = [f"{len(node)} " + " ".join(f"{block} {-weights[item]}" for block, item in enumerate(node))
                     for node in instance.nodes()]
            costs.CFN.wcsp.postKnapsackConstraint(list(range(len(pairs))), " ".join([str(-capacity), *pairs]), kp=True)
        return costs

    @classmethod
    def solve(cls, instance, seconds):
        costs = cls.network_of(instance)
        found = []
        spent = timed(lambda: found.append(costs.Solve(timeLimit=max(1, math.ceil(seconds)))))
        network = [node[block] for node, block in zip(instance.nodes(), found[0][0])] if found[0] else None
        return Answer(not costs.Option.limited, network, -costs.GetDDualBound(), spent, costs.GetNbNodes())


def available():
    """{class: version} of the solvers that are installed."""
    found = {}
    for peer in (Relaxation, Highs, CpSat, Scip, Gurobi, Cbc, Toulbar2):
        try:
            found[peer] = peer.version()
        except (ImportError, importlib.metadata.PackageNotFoundError):
            pass
    return found
