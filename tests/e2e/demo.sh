#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The main job, as the README's first command does it.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$root/tests/lib/tap.sh"

unset FAULTLINE_RUN
tap_ok "tools/demo runs, and its figures agree" "$root/tools/demo"
tap_done
