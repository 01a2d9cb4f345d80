/* What the processor can do, and what the command line lets it do. */
#pragma once
#include "types.h"

struct features {
	bool pse, pge, nx;
};

extern struct features features;

void features_enable(void);
