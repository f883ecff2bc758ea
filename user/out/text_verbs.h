/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "out.h"

int out_text_attach(const struct out_attach *attach, struct fl_error *error);
/* The names, one a line. */
int out_text_add(const struct out_add *add, struct fl_error *error);
int out_text_del(const struct out_del *del, struct fl_error *error);
/* Lines that add takes back. */
int out_text_list(const struct sample *sample, struct fl_error *error);
int out_text_netem(const struct out_netem *netem, struct fl_error *error);
int out_text_detach(const struct out_detach *detach, struct fl_error *error);
