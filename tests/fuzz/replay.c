/* Runs a fuzz target's entry point over the files of its corpus, so that `make test` keeps each of them. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	struct dirent *entry;
	int n = 0;
	DIR *dir;

	if (argc != 2 || !(dir = opendir(argv[1]))) {
		(void)fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(dir))) {
		char path[4096];
		struct err e;
		size_t len;
		char *text;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		if (file_read(&text, &len, path, CONF_FILE_MAX, &e)) {
			(void)fprintf(stderr, "%s\n", e.s);
			(void)closedir(dir);
			return 2;
		}
		(void)LLVMFuzzerTestOneInput((const uint8_t *)text, len);
		free(text);
		n++;
	}
	(void)closedir(dir);
	(void)printf("%d files\n", n);
	return n ? 0 : 1;
}
