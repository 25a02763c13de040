/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy flow util
/* Any bytes as what operators taught, once as they are and once behind a right header: what is
 * taken is written down in as many bytes. */
#include <stdint.h>
#include <stdlib.h>

#include "policy/teachings.h"
#include "util/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(const void *data, size_t size)
{
	_cleanup_(fb_teachings_fini) struct fb_teachings teachings;
	_cleanup_buf_ struct fb_buf again = FB_BUF_INIT;
	struct fb_blob blob;

	if (fb_teachings_init(&teachings) < 0)
		abort();
	if (fb_blob_open(data, size, &blob, NULL) < 0 || fb_teachings_read(&teachings, &blob) < 0 ||
	    !fb_blob_is_done(&blob))
		return;
	fb_blob_begin(&again);
	fb_teachings_write(&teachings, &again);
	fb_blob_end(&again);
	if (again.len != size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	take(data, size);
	fb_blob_begin(&buf);
	fb_buf_add(&buf, data, size);
	fb_blob_end(&buf);
	if (!fb_buf_error(&buf))
		take(buf.data, buf.len);
	return 0;
}
