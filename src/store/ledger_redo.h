/* SPDX-License-Identifier: ISC */
/* Makes sure that all of an index in doubt is on the disk. */
#ifndef STORE_LEDGER_REDO_H
#define STORE_LEDGER_REDO_H

#include "store/ledger.h"

/* Under the lock; the index is closed, and no INDEX_NEW exists. */
bool	ledger_redo(struct ledger *, struct err *);

#endif
