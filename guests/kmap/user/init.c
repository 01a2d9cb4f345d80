/* Process 1: starts the workers of each workload, collects them in order, and says PASS or FAIL. */
#include "check.h"
#include "options.h"
#include "workloads.h"

#define DEFAULT_PROCS 4u

static const struct workload workloads[] = {
	{"copy", "page cache to buffer to scratch file and back, more pages than kmap slots", copy_round, 8, NULL},
	{"fork", "parent, child and grandchild write to pages they share", fork_round, 8, NULL},
	{"mmap", "one address, many meanings, under page reclaim", mmap_round, 8, mmap_after},
	{"mix", "all of these at once, and the clock", mix_round, 9, mix_after},
};

#define WORKLOADS (sizeof workloads / sizeof *workloads)

static char options[256];

static u32 work(const struct workload *w, u32 worker, u32 rounds)
{
	u32 sum = 0;
	task.worker = worker;
	chance_start(worker);
	for (task.round = 0; task.round < rounds; task.round++)
		sum = (sum << 7 | sum >> 25) + w->round(task.round);
	return sum;
}

/* True when the worker did its work; it has reported failed checks itself. */
static bool collect(const struct workload *w, u32 worker, u32 pid, u32 *sum)
{
	struct ending ending = wait(pid);
	*sum = (*sum << 3 | *sum >> 29) ^ ending.value;
	if (ending.code & KILLED)
		say("FAIL %s worker %u (pid %u) died of exception %u at %08x\n", w->name, worker, pid, ending.code & 0xff,
		    ending.value);
	return ending.code == 0;
}

static bool run(const struct workload *w, u32 procs, u32 rounds)
{
	u32 pids[MAX_PROCS], sum = 0;
	bool good = true;
	say("%s: %s\n", w->name, w->summary);
	task = (struct task){.workload = w->name};
	for (u32 i = 0; i < procs; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			exit(0, work(w, i, rounds));
	}
	for (u32 i = 0; i < procs; i++)
		good &= collect(w, i, pids[i], &sum);
	if (!good)
		return false;
	if (w->after)
		w->after();
	say("%s: %u workers, %u rounds, checksum %08x\n", w->name, procs, rounds, sum);
	say("PASS %s\n", w->name);
	return true;
}

static u32 clamp(u32 value, u32 low, u32 high)
{
	return value < low ? low : value > high ? high : value;
}

int main(void);

int main(void)
{
	char chosen[8];
	get_options(options, sizeof options);
	option_text(options, "workload", "mix", chosen, sizeof chosen);
	u32 procs = clamp(option_number(options, "procs", DEFAULT_PROCS), 1, MAX_PROCS);
	bool all = same_text(chosen, "all"), good = true, any = false;
	for (u32 i = 0; i < WORKLOADS; i++) {
		if (!all && !same_text(chosen, workloads[i].name))
			continue;
		any = true;
		good &= run(&workloads[i], procs, clamp(option_number(options, "rounds", workloads[i].rounds), 1, 1000));
	}
	if (!any)
		say("FAIL kmap: no workload is called %s; there are copy, fork, mmap, mix and all\n", chosen);
	return good && any ? 0 : 1;
}
