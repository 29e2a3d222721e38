/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All of libvmsync in one include. */
#ifndef VMSYNC_VMSYNC_H
#define VMSYNC_VMSYNC_H

#include <vmsync/advise.h>
#include <vmsync/align.h>
#include <vmsync/align_facts.h>
#include <vmsync/band.h>
#include <vmsync/clocks.h>
#include <vmsync/constraint.h>
#include <vmsync/copy.h>
#include <vmsync/defects.h>
#include <vmsync/err.h>
#include <vmsync/estimate.h>
#include <vmsync/evidence.h>
#include <vmsync/facts.h>
#include <vmsync/facts_band.h>
#include <vmsync/find.h>
#include <vmsync/fitness.h>
#include <vmsync/host_only.h>
#include <vmsync/io/anchors.h>
#include <vmsync/io/apply.h>
#include <vmsync/io/open.h>
#include <vmsync/io/source.h>
#include <vmsync/lanes.h>
#include <vmsync/log.h>
#include <vmsync/model.h>
#include <vmsync/pairing.h>
#include <vmsync/place.h>
#include <vmsync/progress.h>
#include <vmsync/scaling.h>
#include <vmsync/sequence.h>
#include <vmsync/session.h>
#include <vmsync/session_change.h>
#include <vmsync/session_snapshot.h>
#include <vmsync/stats.h>
#include <vmsync/stream.h>
#include <vmsync/stretch.h>
#include <vmsync/thesis.h>
#include <vmsync/time.h>
#include <vmsync/trace.h>
#include <vmsync/verdict.h>
#include <vmsync/version.h>

#endif
