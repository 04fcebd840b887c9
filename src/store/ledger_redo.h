/* SPDX-License-Identifier: ISC */
/* An index in doubt is made to be where it seems to be. */
#ifndef STORE_LEDGER_REDO_H
#define STORE_LEDGER_REDO_H

#include "store/ledger.h"

/* Under the lock, the index closed.  Without INDEX_NEW, which it needs. */
bool	ledger_redo(struct ledger *, struct err *);

#endif
