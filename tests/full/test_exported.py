#!/usr/bin/env python3
"""What export writes for every shipped table, solved by other programs: the same optimum as solve's.

CBC (Debian's coinor-cbc) reads the LP and the MPS file; HiGHS, SCIP and Gurobi read them too, and SCIP and Gurobi the OPB file, where
this Python has highspy, pyscipopt or gurobipy (build/peers/bin/python may). Their networks are judged in exact numbers: solvers work in
doubles with a tolerance, so a network of theirs that breaks a row of the file, or is worse than ours, is noted; one that is better than
ours and breaks nothing, or any where we say that there is none, is a failure. Random requests are those of test_milp.py.
"""
import os
import sys
import tempfile
import time
from decimal import localcontext
from fractions import Fraction

import test_milp
from test_milp import ROOT, SUPERTRANSFORMER, SUPERVIT, Open, Request, Table, Tally, run

sys.path.insert(0, os.path.join(ROOT, "tests", "cli"))
from models import READERS, ones_of  # noqa: E402

NASBENCH = ["nasbench201/edgegpu", "nasbench201/fpga"]
MOBILENET = ["mobilenetv3/raspberrypi", "mobilenetv3/tx2cpu", "mobilenetv3/tx2gpu"]
SOLVER_SECONDS = 8


# ---- solvers: the variables at 1, or None when infeasible -------------------------------------------------------------------------


def ask_cbc(path):
    solution = path + ".solution"
    done = run(["cbc", path, "-ratioGap", "0", "-allowableGap", "0", "-primalTolerance", "1e-9", "-integerTolerance", "1e-9", "-sec", str(SOLVER_SECONDS), "-solve",
                "-solution", solution], SOLVER_SECONDS + 10)  # fmt: skip
    if "errors on input" in done.stdout or "###" in done.stdout:
        raise ValueError(f"CBC cannot read {path}: {done.stdout[-500:]}")
    with open(solution, encoding="utf-8") as file:
        head, *lines = file.read().splitlines()
    if "nfeasible" in head:
        return None
    if head.startswith("Stopped"):
        raise Open("cbc")
    if not head.startswith("Optimal"):
        raise ValueError(f"CBC: {head}: {done.stdout[-500:]}")
    fields = (line.replace("**", "").split() for line in lines)
    return {name for _, name, value, _ in fields if float(value) > 0.5}


def ask_highs(path):
    import highspy

    solver = highspy.Highs()
    for option, value in [("output_flag", False), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.0), ("mip_feasibility_tolerance", 1e-9),
                          ("log_to_console", False), ("time_limit", float(SOLVER_SECONDS))]:  # fmt: skip
        solver.setOptionValue(option, value)
    if solver.readModel(path) == highspy.HighsStatus.kError:  # a warning: coefficients past 1e15
        raise ValueError(f"HiGHS cannot read {path}")
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise Open("HiGHS")
    values = solver.getSolution().col_value
    return {solver.getColName(i)[1] for i, value in enumerate(values) if value > 0.5}


def ask_scip(path):
    import pyscipopt

    solver = pyscipopt.Model()
    solver.hideOutput()
    solver.readProblem(path)
    solver.setParam("limits/time", SOLVER_SECONDS)
    solver.optimize()
    if solver.getStatus() == "infeasible":
        return None
    if solver.getStatus() != "optimal":
        raise Open("SCIP")
    return {variable.name for variable in solver.getVars() if solver.getVal(variable) > 0.5}


def ask_gurobi(path):
    import gurobipy

    with gurobipy.Env(empty=True) as env:
        env.setParam("OutputFlag", 0)
        env.start()
        with gurobipy.read(path, env=env) as solver:
            for name, value in [("MIPGap", 0), ("MIPGapAbs", 0), ("FeasibilityTol", 1e-9), ("TimeLimit", SOLVER_SECONDS)]:
                solver.setParam(name, value)
            solver.optimize()
            if solver.Status in (gurobipy.GRB.INFEASIBLE, gurobipy.GRB.INF_OR_UNBD):
                return None
            if solver.Status != gurobipy.GRB.OPTIMAL:
                raise Open("Gurobi")
            return {variable.VarName for variable in solver.getVars() if variable.X > 0.5}


def solvers_at_hand():
    """(name, formats, function)."""
    solvers = [("CBC", ["lp", "mps"], ask_cbc)]
    for module, name, formats, ask in [("highspy", "HiGHS", ["lp", "mps"], ask_highs), ("pyscipopt", "SCIP", ["lp", "mps", "opb"], ask_scip),
                                       ("gurobipy", "Gurobi", ["mps", "opb"], ask_gurobi)]:  # fmt: skip
        try:
            __import__(module)
            solvers.append((name, formats, ask))
        except ImportError:
            pass
    return solvers


# ---- comparison -------------------------------------------------------------------------------------------------------------------


def export(request, form, folder):
    path = os.path.join(folder, f"problem.{form}")
    done = run([test_milp.MATHNAS, "export", *(t.name for t in request.tables), *request.arguments, "--output", path], 60)
    if done.returncode != 0:
        raise ValueError(f"export: {done.stderr}")
    with open(path, encoding="utf-8") as file:
        return path, READERS[form](file.read())


def compare(request, solvers, folder, notes, late):
    ours = test_milp.run_mathnas(request, "--time-limit", "3")
    for form in READERS:
        path, program = export(request, form, folder)
        own = None
        if ours:
            index, network = ours
            ones = ones_of(network, index, len(request.tables))
            unit = Fraction(request.tables[index].column(request.objective)[2])
            own = program.value(ones) * (1 if request.maximize else -1)
            if program.broken(ones) or own != request.score(index, network) * unit:
                raise ValueError(f"{form}: our network breaks row {program.broken(ones)}, or has the value {own} there")
        for name, formats, ask in solvers:
            if form not in formats:
                continue
            try:
                ones = ask(path)
            except Open:
                late[name] = late.get(name, 0) + 1
                continue
            value = None if ones is None else program.value(ones) * (1 if request.maximize else -1)
            if value == own:
                continue
            if ones is not None and not program.broken(ones) and (own is None or value > own):
                raise ValueError(f"{name}, {form}: {sorted(ones)} is better than our {ours}")
            notes.append(f"{name}, {form}: a tolerance: {value} beside our {own}: {request.describe()}")


def main():
    start, tally, notes, late, solvers = time.monotonic(), Tally(), [], {}, solvers_at_hand()
    requests = int(os.environ.get("REQUESTS", "4"))
    groups = [[name] for name in NASBENCH + MOBILENET + SUPERVIT + SUPERTRANSFORMER]
    groups += [NASBENCH, MOBILENET[1:], SUPERVIT, SUPERTRANSFORMER]
    with localcontext() as context, tempfile.TemporaryDirectory() as folder:
        context.prec = 60
        for names in groups:
            tables = [Table(name) for name in names]
            settled, seed = tally.passed + tally.failed + requests, 5000
            while tally.passed + tally.failed < settled and seed < 5040:
                request = Request(tables, seed)
                tally.check(request, lambda request=request: compare(request, solvers, folder, notes, late))
                seed += 1
    print("\n".join(notes))
    print(f"{', '.join(name for name, _, _ in solvers)}: {len(notes)} answers differ by a tolerance, not settled in time: {late} "
          f"({time.monotonic() - start:.0f} s)")
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed != 0 or tally.passed == 0)


if __name__ == "__main__":
    main()
