/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a record is a letter and the fields of its kind, one after the other.  Numbers take as
 * many bytes as they need, seven bits in each, the lowest first, with the highest bit set in all
 * but the last; names end with a NUL.  So an entry takes some 25 bytes and its name.
 *
 * One table says which fields a kind has, for writing and reading: a field that is there in some
 * records only has a bit in the flags, which come first.
 */
#include <config.h>

#include "journal/record.h"

#include <string.h>

enum {
	F_DIR = 1, F_PARENT = 2, F_NAME = 4, F_TYPE = 8, F_WHAT = 16, F_ERR = 32, F_ROOT = 64,
	F_SUMS = 128, F_FLAGS = 256, F_PREFIX = 512
};

/* Bits in the flags of a record */
enum { HAS_STAT = 1, HAS_INO = 2, HAS_HASH = 4, HAS_DST = 8, IS_MADE = 16, ALL_FLAGS = 31 };

static unsigned int fields_of(enum record_kind kind)
{
	switch (kind) {
	case RECORD_RUN: return F_FLAGS | F_NAME;
	case RECORD_TARGET: return F_NAME;
	case RECORD_ROOT: return F_FLAGS | F_NAME | F_ROOT;
	case RECORD_BEGUN: return F_FLAGS | F_DIR | F_PARENT | F_NAME;
	case RECORD_ENTRY: return F_FLAGS | F_DIR | F_NAME | F_TYPE | F_WHAT;
	case RECORD_PART: return F_FLAGS | F_DIR | F_NAME | F_PREFIX;
	case RECORD_FAILED: return F_FLAGS | F_DIR | F_NAME | F_TYPE | F_ERR;
	case RECORD_COMPLETE: return F_DIR | F_PARENT | F_NAME | F_SUMS;
	case RECORD_DELETE: return F_NAME | F_TYPE;
	case RECORD_DURABLE: return F_DIR | F_PARENT;
	}
	return 0;
}

static bool is_kind(unsigned char letter)
{
	return letter && strchr("RTOBEPFCDM", letter);
}

/* --------------------------------------------------------------- writing */

/* Bytes of the longest number */
#define NUMBER_MAX 10

/* More numbers than any record has */
#define NUMBERS_MAX 24

size_t record_room(const struct record *r)
{
	return 1 + NUMBERS_MAX * NUMBER_MAX + (r->name ? strlen(r->name) + 1 : 0) +
	       (r->dst ? strlen(r->dst) + 1 : 0) + r->hash_len;
}

static unsigned char *put_number(unsigned char *at, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		*at++ = n | 0x80;
	*at++ = n;
	return at;
}

static unsigned char *put_bytes(unsigned char *at, const void *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

static unsigned char *put_identity(unsigned char *at, const struct record_identity *id)
{
	at = put_number(at, id->dev);
	at = put_number(at, id->ino);
	at = put_number(at, id->type);
	return put_number(at, id->fsid);
}

/* Times before 1970 are negative: the sign becomes the lowest bit. */
static uint64_t zigzag(int64_t n)
{
	return (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0);
}

static unsigned int flags_of(const struct record *r)
{
	return (r->has_stat ? HAS_STAT : 0) | (r->ino ? HAS_INO : 0) |
	       (r->hash_len ? HAS_HASH : 0) | (r->dst ? HAS_DST : 0) | (r->made ? IS_MADE : 0);
}

static unsigned char *put_flagged(unsigned char *at, const struct record *r, unsigned int flags)
{
	if (flags & HAS_DST)
		at = put_bytes(at, r->dst, strlen(r->dst) + 1);
	if (flags & HAS_STAT) {
		at = put_number(at, r->size);
		at = put_number(at, zigzag(r->sec));
		at = put_number(at, r->nsec);
	}
	if (flags & HAS_INO) {
		at = put_number(at, r->dev);
		at = put_number(at, r->ino);
		at = put_number(at, r->links);
	}
	if (flags & HAS_HASH) {
		at = put_number(at, r->hash_len);
		at = put_bytes(at, r->hash, r->hash_len);
	}
	return at;
}

size_t record_encode(const struct record *r, unsigned char *bytes)
{
	unsigned int fields = fields_of(r->kind), flags = fields & F_FLAGS ? flags_of(r) : 0;
	unsigned char *at = bytes;

	*at++ = r->kind;
	if (fields & F_FLAGS)
		*at++ = flags;
	if (fields & F_DIR)
		at = put_number(at, r->dir);
	if (fields & F_PARENT)
		at = put_number(at, r->parent);
	if (fields & F_TYPE)
		*at++ = r->type;
	if (fields & F_WHAT)
		*at++ = r->what;
	if (fields & F_NAME)
		at = put_bytes(at, r->name, strlen(r->name) + 1);
	at = put_flagged(at, r, flags);
	if (fields & F_PREFIX)
		at = put_number(at, r->prefix);
	if (fields & F_ERR)
		at = put_number(at, r->err);
	if (fields & F_ROOT) {
		at = put_identity(at, &r->src);
		at = put_identity(at, &r->dst_id);
	}
	for (int i = 0; i < LEDGER_COUNTS && fields & F_SUMS; i++)
		at = put_number(at, r->sums.n[i]);
	return at - bytes;
}

/* --------------------------------------------------------------- reading */

/* The bytes that have not been read yet; once something is wrong, bad is set, and all is 0. */
struct input {
	const unsigned char *at, *end;
	bool bad;
};

static unsigned char get_byte(struct input *in)
{
	if (in->at == in->end)
		in->bad = true;
	return in->bad ? 0 : *in->at++;
}

static uint64_t get_number(struct input *in)
{
	uint64_t n = 0;

	for (int shift = 0; shift < 7 * NUMBER_MAX; shift += 7) {
		unsigned char byte = get_byte(in);

		/* The tenth byte has the last bit of 64. */
		if (shift == 63 && byte > 1)
			break;
		n |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return in->bad ? 0 : n;
	}
	in->bad = true;
	return 0;
}

static const unsigned char *get_bytes(struct input *in, size_t len)
{
	const unsigned char *bytes = in->at;

	if (len > (size_t)(in->end - in->at))
		in->bad = true;
	if (in->bad)
		return NULL;
	in->at += len;
	return bytes;
}

static const char *get_string(struct input *in)
{
	const unsigned char *nul = memchr(in->at, 0, in->end - in->at);

	if (!nul)
		in->bad = true;
	return in->bad ? NULL : (const char *)get_bytes(in, nul + 1 - in->at);
}

static struct record_identity get_identity(struct input *in)
{
	struct record_identity id;

	id.dev = get_number(in);
	id.ino = get_number(in);
	id.type = get_number(in);
	id.fsid = get_number(in);
	return id;
}

static int64_t unzigzag(uint64_t n)
{
	return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

static void get_flagged(struct input *in, struct record *r, unsigned int flags)
{
	if (flags & HAS_DST)
		r->dst = get_string(in);
	if (flags & HAS_STAT) {
		r->has_stat = true;
		r->size = get_number(in);
		r->sec = unzigzag(get_number(in));
		r->nsec = get_number(in);
	}
	if (flags & HAS_INO) {
		r->dev = get_number(in);
		r->ino = get_number(in);
		r->links = get_number(in);
	}
	if (flags & HAS_HASH) {
		r->hash_len = get_number(in);
		r->hash = get_bytes(in, r->hash_len);
	}
	r->made = flags & IS_MADE;
}

static bool is_type(char type)
{
	return type && strchr("fdls", type);
}

bool record_decode(const unsigned char *bytes, size_t len, struct record *ret)
{
	struct input in = { .at = bytes, .end = bytes + len };
	unsigned char letter = get_byte(&in);
	struct record r = { .kind = letter };

	if (!is_kind(letter))
		return false;
	unsigned int fields = fields_of(r.kind);
	unsigned int flags = fields & F_FLAGS ? get_byte(&in) : 0;
	if (fields & F_DIR)
		r.dir = get_number(&in);
	if (fields & F_PARENT)
		r.parent = get_number(&in);
	if (fields & F_TYPE)
		r.type = get_byte(&in);
	if (fields & F_WHAT)
		r.what = get_byte(&in);
	if (fields & F_NAME)
		r.name = get_string(&in);
	get_flagged(&in, &r, flags);
	if (fields & F_PREFIX)
		r.prefix = get_number(&in);
	if (fields & F_ERR)
		r.err = get_number(&in);
	if (fields & F_ROOT) {
		r.src = get_identity(&in);
		r.dst_id = get_identity(&in);
	}
	for (int i = 0; i < LEDGER_COUNTS && fields & F_SUMS; i++)
		r.sums.n[i] = get_number(&in);
	bool known = !(flags & ~ALL_FLAGS) && (!(fields & F_TYPE) || is_type(r.type)) &&
		     (!(fields & F_WHAT) ||
		      (r.what >= LEDGER_COPIED && r.what <= LEDGER_SKIPPED));
	if (in.bad || in.at != in.end || !known)
		return false;
	*ret = r;
	return true;
}
