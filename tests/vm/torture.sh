#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tests/e2e/torture.sh on this kernel, where fq holds packets.
E2E_KILLS=${E2E_KILLS:-100} E2E_CALLS=${E2E_CALLS:-30} \
	exec tests/e2e/torture.sh "$@"
