/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "out.h"

int out_json_doctor(const struct out_doctor *doctor, struct fl_error *error);
int out_json_attach(const struct out_attach *attach, struct fl_error *error);
int out_json_add(const struct out_add *add, struct fl_error *error);
int out_json_del(const struct out_del *del, struct fl_error *error);
int out_json_list(const struct sample *sample, struct fl_error *error);
int out_json_netem(const struct out_netem *netem, struct fl_error *error);
int out_json_detach(const struct out_detach *detach, struct fl_error *error);
