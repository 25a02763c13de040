/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf user: who logs in by name and password; made, changed, taken out and listed in the token
 * file, which holds the hashes alone. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/opts.h"
#include "cli/secret.h"
#include "cli/userfile.h"
#include "cli/verb.h"
#include "http/passhash.h"
#include "http/tokenfile.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/file.h"

struct user_opts {
	const char *token_file, *role, *password_file;
};

static const char *const roles[] = {"viewer", "operator", "admin", NULL};

#define AT(member) offsetof(struct user_opts, member)

static const struct fb_opt options[] = {
	{.name = "token-file",
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = AT(token_file),
	 .help = "the file of attach --token-file; without it, add prints the line"},
	{.name = "role",
	 .arg = "ROLE",
	 .type = FB_OPT_CHOICE,
	 .choices = roles,
	 .offset = AT(role),
	 .help = "add: viewer, operator or admin (the one it has, else viewer)"},
	{.name = "password-file",
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = AT(password_file),
	 .help = "add: its first line, - is standard input (the terminal asks)"},
	{0},
};

/* --- the file -------------------------------------------------------------------------------- */

/* What it says, and its text; all of nothing where it is not there yet, and may be so.
 * FB_EXIT_DONE, or said why not. */
static int read_file(const char *path, bool may_lack, struct fb_tokens *tokens, char **ret_text)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct fb_why why = {""};
	size_t len;
	int r;

	if (fd < 0 && errno == ENOENT && may_lack) {
		*ret_text = strdup("");
		return *ret_text ? FB_EXIT_DONE : fb_fail(FB_EXIT_FAILED, "out of memory");
	}
	if (fb_tokenfile_read(tokens, path, &why) < 0)
		return fb_fail(FB_EXIT_FAILED, "%s", why.text);
	r = fb_file_read(fd, FB_TOKENFILE_MOST, ret_text, &len);
	return r < 0 ? fb_fail(FB_EXIT_FAILED, "%s: %s", path, strerror(-r)) : FB_EXIT_DONE;
}

/* Of where it really is: a link to it stays one. The descriptor, or -errno. */
static int open_folder(const char *path, char **ret_whole)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	_cleanup_free_ char *whole = strdup(real ? real : path);
	_cleanup_free_ char *parent = whole ? strdup(whole) : NULL;
	int fd;

	if (!parent)
		return -ENOMEM;
	fd = open(dirname(parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_whole = TAKE_PTR(whole);
	return fd;
}

static int put(const char *path, const char *text, size_t len)
{
	_cleanup_free_ char *whole = NULL;
	_cleanup_close_ int folder = open_folder(path, &whole);

	return folder < 0 ? folder : fb_file_rewrite(folder, basename(whole), text, len, 0600);
}

/* Two at once do it one after the other: who reads what the other is about to replace would undo
 * it. The descriptor that holds the folder, or -errno. */
static int lock(const char *path)
{
	_cleanup_free_ char *whole = NULL;
	_cleanup_close_ int folder = open_folder(path, &whole);

	if (folder >= 0 && flock(folder, LOCK_EX) < 0)
		return -errno;
	return TAKE_FD(folder);
}

/* What the daemon would not take is not written. FB_EXIT_DONE, or said why not. */
static int write_file(const char *path, struct fb_buf *text)
{
	struct fb_tokens *tokens = calloc(1, sizeof(*tokens));
	struct fb_why why = {""};
	int r = -ENOMEM;

	fb_buf_addc(text, '\0');
	if (tokens && !fb_buf_error(text))
		r = text->len > FB_TOKENFILE_MOST
			    ? fb_why_set(&why, -EFBIG, "it would be too large")
			    : fb_tokens_parse(tokens, text->data, &why);
	if (r == 0)
		r = put(path, text->data, text->len - 1);
	if (r < 0 && !*why.text)
		fb_why_set(&why, r, "%s", strerror(-r));
	if (tokens)
		explicit_bzero(tokens, sizeof(*tokens));
	free(tokens);
	return r < 0 ? fb_fail(FB_EXIT_FAILED, "%s stays as it is: %s", path, why.text)
		     : FB_EXIT_DONE;
}

/* --- what is asked for ----------------------------------------------------------------------- */

static int check_password(const char *password)
{
	const size_t len = strlen(password);

	for (const char *c = password; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return fb_fail(FB_EXIT_FAILED, "a password has no control characters");
	if (len < FB_PASSWORD_LEAST || len > FB_PASSWORD_MOST)
		return fb_fail(FB_EXIT_FAILED, "a password has %d to %d bytes", FB_PASSWORD_LEAST,
			       FB_PASSWORD_MOST);
	return FB_EXIT_DONE;
}

static int hash_password(const struct user_opts *opts, const char *name,
			 char hash[static FB_PASSHASH_MAX + 1])
{
	char password[FB_PASSWORD_MOST + 2];
	int r = fb_secret_read(opts->password_file, name, password, sizeof(password));

	r = r ? r : check_password(password);
	if (!r && fb_passhash_make(password, hash) < 0)
		r = fb_fail(FB_EXIT_FAILED, "libcrypt makes no yescrypt here");
	explicit_bzero(password, sizeof(password));
	return r;
}

static const char *role_of(const struct fb_tokens *tokens, const char *name)
{
	for (unsigned int i = 0; i < tokens->n; i++)
		if (tokens->tokens[i].kind == FB_SECRET_PASSWORD &&
		    !strcmp(tokens->tokens[i].name, name))
			return fb_role_word(tokens->tokens[i].role);
	return fb_role_word(FB_ROLE_VIEWER);
}

static int put_in(const struct user_opts *opts, const char *name, const char *hash,
		  const struct fb_tokens *tokens, const char *text)
{
	const char *role = opts->role ? opts->role : role_of(tokens, name);
	_cleanup_buf_ struct fb_buf fresh = FB_BUF_INIT;
	char line[FB_PASSHASH_MAX + 64];
	unsigned int n;
	int r;

	snprintf(line, sizeof(line), "%s %s %s", role, name, hash);
	if (!opts->token_file) {
		printf("%s\n", line);
		return FB_EXIT_DONE;
	}
	n = fb_userfile_edit(text, name, FB_USERFILE_PASSWORD, line, &fresh);
	r = write_file(opts->token_file, &fresh);
	if (!r)
		printf("%s: %s %s\n", opts->token_file, name,
		       n ? "has another password" : "is in it");
	return r;
}

/* The last one stays: a file without any is not read, and who is in force goes on. */
static int take_out(const struct user_opts *opts, const char *name, const char *text)
{
	_cleanup_buf_ struct fb_buf fresh = FB_BUF_INIT;
	int r;

	if (!fb_userfile_edit(text, name, FB_USERFILE_ALL, NULL, &fresh))
		return fb_fail(FB_EXIT_FAILED, "%s has no %s", opts->token_file, name);
	r = write_file(opts->token_file, &fresh);
	if (!r)
		printf("%s: %s is out of it\n", opts->token_file, name);
	return r;
}

static int list(const struct fb_tokens *tokens)
{
	static const char *const kinds[] = {
		[FB_SECRET_TOKEN] = "token",
		[FB_SECRET_SHA256] = "token, as its hash",
		[FB_SECRET_PASSWORD] = "password",
	};

	for (unsigned int i = 0; i < tokens->n; i++) {
		const struct fb_token *token = &tokens->tokens[i];

		printf("%-8s  %-31s  %s\n", fb_role_word(token->role),
		       *token->name ? token->name : "-", kinds[token->kind]);
	}
	return FB_EXIT_DONE;
}

enum what { ADD, REMOVE, LIST, LOOK };

/* `hash`: of who is added. LOOK: whether the file is one that the others would take. */
static int work(const struct user_opts *opts, enum what what, const char *name, const char *hash)
{
	_cleanup_free_ char *text = NULL;
	struct fb_tokens *tokens = calloc(1, sizeof(*tokens));
	int r = tokens ? FB_EXIT_DONE : fb_fail(FB_EXIT_FAILED, "out of memory");

	if (!r && opts->token_file)
		r = read_file(opts->token_file, what == ADD || what == LOOK, tokens, &text);
	if (!r && what == ADD)
		r = put_in(opts, name, hash, tokens, text ? text : "");
	else if (!r && what == REMOVE)
		r = take_out(opts, name, text);
	else if (!r && what == LIST)
		r = list(tokens);
	if (tokens)
		explicit_bzero(tokens, sizeof(*tokens));
	free(tokens);
	if (text)
		explicit_bzero(text, strlen(text));
	return r;
}

static int change(const struct user_opts *opts, enum what what, const char *name, const char *hash)
{
	_cleanup_close_ int held = opts->token_file ? lock(opts->token_file) : -1;

	if (opts->token_file && held < 0)
		return fb_fail(FB_EXIT_FAILED, "%s: %s", opts->token_file, strerror(-held));
	return work(opts, what, name, hash);
}

/* A file that cannot be used is told before a password is asked for, which takes as long as it
 * takes. */
static int add(const struct user_opts *opts, const char *name)
{
	char hash[FB_PASSHASH_MAX + 1];
	int r = work(opts, LOOK, name, NULL);

	r = r ? r : hash_password(opts, name, hash);
	return r ? r : change(opts, ADD, name, hash);
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct user_opts *opts = opts_;
	const bool adds = !strcmp(args[0], "add"), lists = !strcmp(args[0], "list");

	if (n != (lists ? 1 : 2) || (!adds && !lists && strcmp(args[0], "remove") != 0))
		return fb_fail(FB_EXIT_USAGE, "user takes add NAME, remove NAME or list");
	if (!adds && !opts->token_file)
		return fb_fail(FB_EXIT_USAGE, "user %s needs --token-file FILE", args[0]);
	if (!lists && (!*args[1] || !fb_tokens_is_name(args[1])))
		return fb_fail(FB_EXIT_USAGE,
			       "a name has letters, digits, . _ -, %d at most, and begins with "
			       "none of . -",
			       FB_TOKEN_NAME);
	if (lists)
		return work(opts, LIST, NULL, NULL);
	return adds ? add(opts, args[1]) : change(opts, REMOVE, args[1], NULL);
}

const struct fb_verb fb_cmd_user = {
	.name = "user",
	.args = "add|remove|list [NAME]",
	.summary = "Say who logs in by name and password, and as what",
	.about =
		"The password is asked for twice and not shown, or read from --password-file; the file\n"
		"has its hash alone (yescrypt). \"add\" of one who is there gives another password, or\n"
		"role. \"remove\" takes out all that a name has there, its tokens, too. The daemon\n"
		"reads the file again by SIGHUP where its user may (chown flowbpf, once: it keeps its\n"
		"owner, and mode 0600). Passwords are for people and the page, tokens for programs and\n"
		"this command line.\n\n"
		"  sudo flowbpf user add anna --role operator --token-file /etc/flowbpf/tokens\n"
		"  sudo systemctl reload flowbpf\n",
	.opts = options,
	.opts_size = sizeof(struct user_opts),
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
