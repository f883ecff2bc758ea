/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd.h"
#include "device/device.h"
#include "device/outlook.h"
#include "probe/probe.h"

static const struct probe_result *first_bad(const struct probe_result *list,
					    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].state == PROBE_BAD)
			return &list[i];
	return NULL;
}

/* Small programs of the same types may load where ours do not. */
static size_t try_programs(struct probe_result *result)
{
	struct fl_error why = { "" };
	int code = device_try(&why);

	*result = (struct probe_result){ .what = "programs",
					 .state = code ? PROBE_BAD : PROBE_OK };
	snprintf(result->found, sizeof(result->found), "%.127s",
		 code ? why.text : "all load");
	if (code)
		snprintf(result->fix, sizeof(result->fix), "%s",
			 code == FL_EXIT_PERMISSION ? "run as root" :
						      "use a newer kernel");
	return 1;
}

static int run(const struct cmd_context *context, int argc, char **argv,
	       struct fl_error *error)
{
	struct probe_result host[PROBE_MAX], nic[PROBE_MAX];
	static struct probe_outlook outlook[FL_IMPAIR_KINDS];
	struct out_doctor doctor = { .host = host, .nic = nic };
	const struct probe_result *bad;
	int err = cmd_check_words(context, argc, argv, 0, 1, error);

	if (err)
		return err;
	doctor.host_count = (size_t)probe_host(host, PROBE_MAX - 1);
	doctor.host_count += try_programs(&host[doctor.host_count]);
	if (argc) {
		doctor.device = argv[0];
		doctor.nic_count = (size_t)probe_device(argv[0], nic,
							PROBE_MAX);
	}
	bad = first_bad(host, doctor.host_count);
	if (!bad)
		bad = first_bad(nic, doctor.nic_count);
	if (argc)
		device_outlook(argv[0], bad ? bad->found : NULL, outlook);
	doctor.outlook = argc ? outlook : NULL;
	doctor.ready = !bad;
	err = context->out->doctor(&doctor, error);
	if (err)
		return err;
	return doctor.ready ? 0 : FL_EXIT_UNSUPPORTED;
}

const struct cmd cmd_doctor = {
	.name = "doctor",
	.args = "[DEV]",
	.words = { CMD_LINK },
	.summary = "check this host and device; show each problem and its fix",
	.about = "Checks what this kernel and, if given, the device DEV can "
		 "do, and prints each problem with its fix. Changes nothing. "
		 "Exit status 3 if attach would fail.\n",
	.examples = "  faultline doctor\n"
		    "  faultline doctor eth0\n"
		    "  faultline doctor eth0 -j | jq '.results[] | "
		    "select(.state != \"ok\")'\n",
	.run = run,
};
