/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may come next, asked by the parser where the words end. Nothing happens
 * where @next is NULL: nobody wants to know.
 */
#pragma once

#include "grammar.h"
#include "words.h"

/* @arg, after the word that it belongs to. */
void next_argument(struct grammar_next *next, const struct grammar_arg *arg);

/* The keywords of an impairment, without those in @seen, a bit for each of its
 * parameters. */
void next_keywords(struct grammar_next *next, const struct grammar_impair *row,
		   __u32 seen);

/*
 * The terms that may join @rule, its @options (a bit per enum grammar_option)
 * and its @direction (NULL: none was given): their first words, or after @first
 * the second ones of terms that begin with it.
 */
void next_terms(struct grammar_next *next, const char *first,
		const struct fl_rule *rule, __u32 options,
		const char *direction);
