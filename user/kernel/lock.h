/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serialises commands that change state. From the moment at which it is taken
 * until it is given back, signals are held back.
 */
#pragma once

#include "base/error.h"

#define LOCK_WAIT_S 30

/*
 * Waits for at most LOCK_WAIT_S, and after a second says for whom. The store is
 * prepared. FL_EXIT_*; *@lock is for lock_give_back().
 */
int lock_take(int *lock, struct fl_error *error);
void lock_give_back(int lock);
