#!/bin/sh
# Installs the solvers that ours is compared with into build/peers from PyPI, and CBC's library from Debian. HiGHS is needed; without one of
# the others (no wheel for this machine, say) its column stays empty; scikit-learn is what fits are compared with. Gurobi is the size-limited licence that comes with its package.
set -eu
cd "$(dirname "$0")/../.."

.ci/deps.sh build full
[ -x build/peers/bin/python ] || python3 -m venv build/peers
pip() { build/peers/bin/pip install --quiet --disable-pip-version-check "$1"; }
pip 'highspy==1.16.0'
for package in 'ortools==9.15.6755' 'PySCIPOpt==6.3.0' 'gurobipy==13.0.3' 'pytoulbar2==1.4.0.1' 'scikit-learn==1.7.2'; do
    pip "$package" || echo "install.sh: going on without $package" >&2
done
