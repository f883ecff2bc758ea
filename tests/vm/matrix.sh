#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tools/matrix in a virtual machine, whose kernel has more kinds of devices, and
# which is slow.
E2E_QUICK='' exec tests/e2e/matrix.sh --margin 60 "$@"
