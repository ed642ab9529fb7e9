/* SPDX-License-Identifier: Apache-2.0 */
#include "result/way.h"

const char *const way_parts[WAY_PARTS] = {
	[WAY_PREPARE] = "prepare", [WAY_START] = "start",
	[WAY_IMPORT] = "import", [WAY_COLLECT] = "collect", [WAY_RUN] = "run",
	[WAY_REPORT] = "report", [WAY_END] = "end",
};

bool
way_read(struct way *w, const struct results *r)
{
	const cJSON *times = cJSON_GetObjectItemCaseSensitive(r->json,
		"times");

	*w = (struct way){
		.kind = results_text(r->json, "way"),
		.of = results_text(r->json, "of"),
		.why = results_text(r->json, "why"),
	};
	for (int i = 0; i < WAY_PARTS; i++)
		w->seconds[i] = results_number(times, way_parts[i]);
	return *w->kind != '\0';
}

double
way_seconds(const struct way *w)
{
	double sum = 0;

	for (int i = 0; i < WAY_PARTS; i++)
		sum += w->seconds[i];
	return sum;
}
