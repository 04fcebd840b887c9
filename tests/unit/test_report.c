/* SPDX-License-Identifier: ISC */
/* What a report finds in the counters of a week. */
#include <config.h>

#include <string.h>

#include "cli/report/report.h"
#include "cli/term/zone.h"
#include "unit.h"

#define HOUR_US	(INT64_C(3600) * 1000000)
/* 2026-11-30T12:00:30Z, a Monday */
#define NOW_US	(INT64_C(1796040030) * 1000000)
#define NOW_H	(NOW_US / HOUR_US)

static struct endpoint endpoint;
static struct status_consumer consumer;
static struct report report;

/* Ten events an hour, the last one five minutes ago; nothing is wrong. */
static struct stats_file *
begin_week(void)
{
	static char secret_file[] = "/etc/hookcask/levers.secret";
	struct status *s = &report.status;
	struct stats_file *stats = calloc(1, sizeof(*stats));

	ck_assert_ptr_nonnull(stats);
	zone_use_utc();
	endpoint_init(&endpoint);
	strcpy(endpoint.name, "levers");
	endpoint.secret_file = secret_file;
	endpoint.tolerance = 300;
	memset(&report, 0, sizeof(report));
	memset(&consumer, 0, sizeof(consumer));
	strcpy(consumer.name, "mail");
	s->endpoint = &endpoint;
	s->now_us = NOW_US;
	s->stats = stats;
	s->disk_size = INT64_C(100) << 30;
	s->disk_free = INT64_C(60) << 30;
	s->full_s = -1;
	s->sample = 1000;
	s->consumers = &consumer;
	s->consumer_count = 1;
	stats->head.since_us = NOW_US - 30 * 24 * HOUR_US;
	stats->head.last_put_us = NOW_US - HOUR_US / 12;
	stats->head.counter[OUTCOME_STORED].last_us = stats->head.last_put_us;
	strcpy(stats->head.key[0].print, "1f3a9c04");
	stats->head.key[0].count = 1680;
	stats->head.key[0].last_us = stats->head.last_put_us;
	for (int64_t hour = NOW_H - STATS_ROWS + 1; hour <= NOW_H; hour++)
		stats->row[hour % STATS_ROWS] = (struct stats_row){
			.hour = hour, .stored = 10 };
	return stats;
}

static void
end_week(void)
{
	report.status.consumers = NULL;	/* not malloc'ed */
	report_wipe(&report);
}

/* Nothing came well since then. */
static void
stop_at(struct stats_file *stats, int64_t us)
{
	stats->head.last_put_us = us;
	stats->head.counter[OUTCOME_STORED].last_us = us;
	stats->head.key[0].last_us = us;
	for (int64_t hour = us / HOUR_US + 1; hour <= NOW_H; hour++)
		stats->row[hour % STATS_ROWS].stored = 0;
}

static void
refuse(struct stats_file *stats, enum outcome outcome, int64_t us,
    const char *remote)
{
	struct stats_refusal *r = &stats->refusal[stats->head.refusal_total++ %
	    STATS_REFUSALS];
	struct stats_row *row = &stats->row[us / HOUR_US % STATS_ROWS];

	*r = (struct stats_refusal){ .time_us = us, .outcome = outcome };
	strcpy(r->remote, remote);
	strcpy(r->id, "msg_<svg/onload=alert(1)>");
	if (outcome == OUTCOME_STORE_ERROR)
		row->error++;
	else
		row->refused++;
}

static void
judge(void)
{
	struct err err = ERR_INIT;

	ck_assert(report_count(&report, NOW_US - 168 * HOUR_US, &err));
	report_add_up(&report);
	report_judge(&report);
}

/* The first line of the text names what is wrong, and what to do. */
static void
expect(const char *verdict, const char *sentence)
{
	char *is;

	judge();
	is = report_sentence(&report);
	ck_assert_str_eq(report_verdict(&report), verdict);
	ck_assert_str_eq(is, sentence);
	free(is);
	end_week();
}

START_TEST(test_quiet)
{
	begin_week();
	expect("OK", "1680 events in 168 h, the last 5 min ago; nothing to do");
}
END_TEST

START_TEST(test_rotated)
{
	struct stats_file *stats = begin_week();

	stop_at(stats, NOW_US - 20 * HOUR_US);
	for (int i = 0; i < 200; i++)
		refuse(stats, OUTCOME_NO_MATCH, NOW_US - (20 * HOUR_US) +
		    HOUR_US / 10 * (i + 1), "198.51.100.7");
	stats->head.open_refused = 200;
	expect("CRITICAL", "no secret has matched since 2026-11-29T16:00:30Z, "
	    "and 200 deliveries were refused (no-match): it was rotated at "
	    "the sender, or has ended here; add the new one to "
	    "/etc/hookcask/levers.secret, then recover since "
	    "2026-11-29T16:00:00Z at the sender");
}
END_TEST

/* Strangers try, and nothing was to be expected in that time. */
START_TEST(test_not_rotated)
{
	struct stats_file *stats = begin_week();

	for (int i = 0; i < 5; i++)
		refuse(stats, OUTCOME_NO_MATCH, NOW_US - i, "203.0.113.9");
	expect("OK", "1680 events in 168 h, the last 5 min ago; nothing to do");
}
END_TEST

START_TEST(test_full_disk)
{
	struct stats_file *stats = begin_week();

	stop_at(stats, NOW_US - 3 * HOUR_US);
	report.status.disk_free = 4096;
	report.status.errors_hour = 10;
	for (int i = 0; i < 30; i++)
		refuse(stats, OUTCOME_STORE_ERROR, NOW_US - 3 * HOUR_US +
		    HOUR_US / 10 * (i + 1), "198.51.100.7");
	stats->head.open_errors = 30;
	expect("CRITICAL", "30 could not be stored, and nothing has been since "
	    "2026-11-30T09:00:30Z: the disk is full: make room (hookcask "
	    "prune); then recover since 2026-11-30T09:00:00Z at the sender");
}
END_TEST

START_TEST(test_broken_store)
{
	struct stats_file *stats = begin_week();

	stop_at(stats, NOW_US - 3 * HOUR_US);
	refuse(stats, OUTCOME_STORE_ERROR, NOW_US - HOUR_US, "198.51.100.7");
	stats->head.open_errors = 1;
	expect("CRITICAL", "1 could not be stored, and nothing has been since "
	    "2026-11-30T09:00:30Z: the sender will try again; check the disk, "
	    "its quota and the owner of the store; then recover since "
	    "2026-11-30T09:00:00Z at the sender");
}
END_TEST

START_TEST(test_attack)
{
	struct stats_file *stats = begin_week();

	for (int i = 0; i < 1500; i++)
		refuse(stats, i % 10 == 0 ? OUTCOME_BAD_METHOD :
		    OUTCOME_NO_MATCH, NOW_US - 2 * HOUR_US + i,
		    i % 3 == 0 ? "2001:db8::7" : "203.0.113.9");
	expect("WARNING", "1500 requests were refused in one hour, 90% of the "
	    "last ones as no-match, most from 203.0.113.9: strangers without "
	    "the secret, and nothing of theirs was stored; limit their rate at "
	    "the web server");
}
END_TEST

START_TEST(test_dead_consumer)
{
	begin_week();
	consumer.events = 812;
	consumer.oldest_us = NOW_US - 80 * HOUR_US;
	expect("CRITICAL", "consumer mail has not finished an event that "
	    "arrived 3 d ago (812 wait); start its hookcask drain, or see "
	    "what that one says");
}
END_TEST

START_TEST(test_clock)
{
	begin_week();
	report.status.skew_median = -240;
	expect("CRITICAL", "the clock is -240 s off the sender's (tolerance "
	    "300 s); set it by NTP");
}
END_TEST

/* The worst comes first, whatever was found first. */
START_TEST(test_order)
{
	begin_week();
	consumer.failed = 3;
	report.status.skew_median = -240;
	report.status.other_bodies = 1;
	judge();
	ck_assert_int_eq((int)report.findings.count, 3);
	ck_assert_ptr_nonnull(strstr(report.findings.list[0].text, "NTP"));
	ck_assert_ptr_nonnull(strstr(report.findings.list[1].text, "1 body"));
	ck_assert_ptr_nonnull(strstr(report.findings.list[2].text,
	    "set aside"));
	end_week();
}
END_TEST

START_TEST(test_silence)
{
	struct stats_file *stats = begin_week();

	stop_at(stats, NOW_US - 26 * HOUR_US);
	expect("WARNING", "no event for 26 h; see hookcask gaps");
	/* weekends are like that here */
	stats = begin_week();
	stats->head.gap[0] = (struct stats_gap){
		.from_us = NOW_US - 100 * HOUR_US,
		.to_us = NOW_US - 50 * HOUR_US };
	stats->head.gap_total = 1;
	stop_at(stats, NOW_US - 26 * HOUR_US);
	expect("OK", "1420 events in 168 h, the last 26 h ago; nothing to do");
}
END_TEST

/* What a mail of cron holds, in full. */
static const char week_as_text[] =
    "levers: OK: 1680 events in 168 h, the last 5 min ago; nothing to do\n"
    "\n"
    "DAY          STORED  AGAIN  REFUSED   503       SIZE 95 % IN\n"
    "2026-11-23      110      0        0     0    0 bytes       - ########\n"
    "2026-11-24      240      0        0     0    0 bytes       - "
    "##################\n"
    "2026-11-25      240      0        0     0    0 bytes       - "
    "##################\n"
    "2026-11-26      240      0        0     0    0 bytes       - "
    "##################\n"
    "2026-11-27      240      0        0     0    0 bytes       - "
    "##################\n"
    "2026-11-28      240      0        0     0    0 bytes       - "
    "##################\n"
    "2026-11-29      240      0        1     0    0 bytes       - "
    "##################\n"
    "2026-11-30      130      0        1     0    0 bytes       - #########\n"
    "\n"
    "Turned away since 2026-11-23T12:00:30Z:\n"
    "  bad-method                1  50 %  ##############################\n"
    "      webhooks are POST requests; this was a browser, a health "
    "check or a\n"
    "      redirect that turned POST into GET\n"
    "  no-match                  1  50 %  ##############################\n"
    "      others have matched since: this one was changed on its way "
    "(JSON printed\n"
    "      again, another encoding, a filter that decompresses), or "
    "signed for\n"
    "      another endpoint, or forged\n"
    "  most from 203.0.113.9 (1)\n"
    "\n"
    "Nothing was stored:\n"
    "  2026-11-28T10:00:30Z to 2026-11-28T12:00:30Z\n"
    "      4 could not be stored; 1 refused; recover since "
    "2026-11-28T10:00:00Z\n"
    "\n"
    "  consumer mail: 3 to do, the oldest 15 min old\n"
    "  clock: 0 s off the sender's, 0 s at worst; 300 s are tolerated\n"
    "  store: 120.6 KiB in 2 files, index 4.0 KiB\n"
    "  disk: 60.0 GiB of 100.0 GiB free, full in 90 d at this rate\n"
    "  secret 1f3a9c04: matched 1680, last 2026-11-30T11:55:30Z; ends "
    "2026-12-30\n"
    "  audit: none yet; see hookcask audit\n";

START_TEST(test_text)
{
	struct stats_file *stats = begin_week();
	struct status *s = &report.status;
	char *text = NULL;
	size_t len;
	FILE *out;

	refuse(stats, OUTCOME_NO_MATCH, NOW_US - 30 * HOUR_US, "203.0.113.9");
	refuse(stats, OUTCOME_BAD_METHOD, NOW_US - 9 * HOUR_US, "");
	stats->head.gap[0] = (struct stats_gap){
		.from_us = NOW_US - 50 * HOUR_US,
		.to_us = NOW_US - 48 * HOUR_US, .errors = 4, .refused = 1 };
	stats->head.gap_total = 1;
	consumer.events = 3;
	consumer.oldest_us = NOW_US - HOUR_US / 4;
	s->store_bytes = 123456;
	s->store_files = 2;
	s->index_bytes = 4096;
	s->full_s = INT64_C(90) * 86400;
	s->secret_count = 1;
	strcpy(s->secrets[0].print, "1f3a9c04");
	s->secrets[0].not_after = NOW_US / 1000000 + 86400 * 30;
	judge();
	out = open_memstream(&text, &len);
	ck_assert_ptr_nonnull(out);
	report_text(out, &report);
	fclose(out);
	/* too long for a message of Check */
	if (strcmp(text, week_as_text) != 0)
		ck_abort_msg("not what is expected: %.3000s", text);
	free(text);
	end_week();
}
END_TEST

START_TEST(test_gaps_that_are_named)
{
	static struct report r;
	struct gap list[20] = { { 0 } };
	const int64_t hour = INT64_C(3600) * 1000000;
	size_t named = 0;

	for (int i = 0; i < 20; i++) {
		list[i].from_us = 10 * i * hour;
		list[i].to_us = list[i].from_us + hour;
	}
	list[2].errors = 1;
	list[3].to_us += hour;
	list[19].to_us = 0;	/* it has not ended */
	r.gaps.list = list;
	r.gaps.count = 20;
	for (size_t i = 0; i < 20; i++)
		named += report_names_gap(&r, i);
	ck_assert_uint_eq(named, REPORT_GAPS);
	ck_assert(report_names_gap(&r, 2) && report_names_gap(&r, 3));
	/* of those that are alike the newest */
	ck_assert(!report_names_gap(&r, 9) && report_names_gap(&r, 10));
	ck_assert(report_names_gap(&r, 19));
}
END_TEST

UNIT_MAIN("report", test_quiet, test_rotated, test_not_rotated,
    test_full_disk, test_broken_store, test_attack, test_dead_consumer,
    test_clock, test_order, test_silence, test_text,
    test_gaps_that_are_named)
