#!/bin/bash
# Every fitted table of data/ made anew from its ground truth (minutes) and compared with the one that is shipped.
set -eu
cd "$(dirname "$0")/../.."
python3 data/fit_tables.py --check
