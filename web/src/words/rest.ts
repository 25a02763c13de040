// SPDX-License-Identifier: BSD-2-Clause
// The English texts that a first visit does not say, which come with the parts that do: imported
// before whatever takes a text.

import { en } from "./en";

/** Made by build.mjs of en.ts, which it leaves them out of. */
declare const LATER_WORDS: Partial<typeof en>;

Object.assign(en, LATER_WORDS);
