/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * coverage FOLDER: every input of FOLDER/TARGET/ to its fuzz target, once. TARGETS is an X-list of
 * their names; each was compiled with its entry renamed to fuzz_TARGET. Built by coverage.sh.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define X(name) int fuzz_##name(const uint8_t *data, size_t size);
TARGETS
#undef X

#define INPUT_MAX 65536

static void run_folder(const char *folder, const char *name, int (*fuzz)(const uint8_t *, size_t))
{
	static uint8_t data[INPUT_MAX];
	struct dirent *entry;
	char path[4096];
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		FILE *file;
		uint8_t *exact;
		size_t n;

		snprintf(path, sizeof(path), "%s/%s/%s", folder, name, entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (!file)
			continue;
		n = fread(data, 1, sizeof(data), file);
		fclose(file);
		exact = malloc(n ? n : 1);
		if (!exact)
			break;
		for (size_t i = 0; i < n; i++)
			exact[i] = data[i];
		fuzz(exact, n);
		free(exact);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
#define X(name) run_folder(argv[1], #name, fuzz_##name);
	TARGETS
	return 0;
}
