/* SPDX-License-Identifier: Apache-2.0
 * Changes of DER: an input becomes a tree of elements, one of them is changed,
 * and the tree is written again, with the lengths above it right.
 */
#include <string.h>

#include "fuzz/mutation.h"

#define NODES_MAX 4096
#define DEPTH_MAX 48
#define FILL_MAX 2048
#define WAITING_MAX 65536

/* How a length is written. */
typedef enum length_t {
    LENGTH_RIGHT,
    LENGTH_PADDED,     /* with a zero in front, which DER forbids */
    LENGTH_ONE_MORE,
    LENGTH_ONE_LESS,
    LENGTH_INDEFINITE, /* BER's 0x80 */
    LENGTH_HUGE,
    LENGTHS
} length_t;

typedef struct node_t {
    uint8_t tag;
    const uint8_t *content; /* of an element without children; else what
                               stands before them */
    size_t len;
    length_t length;
    struct node_t *child;
    struct node_t *next;
} node_t;

/* An input taken apart. */
typedef struct tree_t {
    node_t nodes[NODES_MAX];
    size_t count;
    node_t *root;
    uint8_t fill[FILL_MAX];
} tree_t;

/* Where to write, from the end on. */
typedef struct writer_t {
    uint8_t *begin;
    uint8_t *at;
    int full;
    const node_t *waiting[WAITING_MAX];
    size_t waits;
} writer_t;

/* The length at *pat, which then is behind it; SIZE_MAX: it is none. */
static size_t read_length(const uint8_t **pat, const uint8_t *end)
{
    const uint8_t *at = *pat;
    size_t len, bytes;

    if (at == end) {
        return SIZE_MAX;
    }
    len = *at++;
    if (len >= 0x80) {
        bytes = len & 0x7f;
        if (bytes == 0 || bytes > 3 || (size_t)(end - at) < bytes) {
            return SIZE_MAX;
        }
        for (len = 0; bytes > 0; --bytes) {
            len = len << 8 | *at++;
        }
    }
    *pat = at;
    return len <= (size_t)(end - at) ? len : SIZE_MAX;
}

static node_t *new_node(tree_t *tree, uint8_t tag, const uint8_t *content,
                        size_t len)
{
    node_t *node = NULL;

    if (tree->count < NODES_MAX) {
        node = &tree->nodes[tree->count++];
        memset(node, 0, sizeof(*node));
        node->tag = tag;
        node->content = content;
        node->len = len;
    }
    return node;
}

static node_t *read_list(tree_t *tree, const uint8_t *at, size_t size,
                         int depth);

/* OCTET and BIT STRINGs often hold DER again. */
static void read_inside(tree_t *tree, node_t *node, int depth)
{
    const size_t unused = node->tag == 0x03;

    if (((node->tag & 0x20) != 0 || node->tag == 0x04 || node->tag == 0x03)
        && node->len > unused + 1) {
        node->child = read_list(tree, node->content + unused,
                                node->len - unused, depth + 1);
        if (node->child != NULL) {
            node->len = unused;
        }
    }
}

/* The elements of some bytes; NULL: they are something else. */
static node_t *read_list(tree_t *tree, const uint8_t *at, size_t size,
                         int depth)
{
    const uint8_t *end = at + size;
    const size_t before = tree->count;
    node_t *first = NULL, **link = &first;

    while (at < end && depth < DEPTH_MAX) {
        const uint8_t tag = *at++;
        const size_t len = (tag & 0x1f) == 0x1f ? SIZE_MAX
                                                : read_length(&at, end);

        *link = len == SIZE_MAX ? NULL : new_node(tree, tag, at, len);
        if (*link == NULL) {
            tree->count = before;
            return NULL;
        }
        read_inside(tree, *link, depth);
        link = &(*link)->next;
        at += len;
    }
    return first;
}

static void put(writer_t *w, const uint8_t *bytes, size_t len)
{
    if (w->full || len > (size_t)(w->at - w->begin)) {
        w->full = 1;
        return;
    }
    w->at -= len;
    if (len > 0) {
        memcpy(w->at, bytes, len);
    }
}

static void put_length(writer_t *w, size_t len, length_t form)
{
    static const uint8_t huge[] = { 0x84, 0x7f, 0xff, 0xff, 0xff };
    uint8_t bytes[6];
    size_t n = sizeof(bytes);

    switch (form) {
    case LENGTH_HUGE:
        put(w, huge, sizeof(huge));
        return;
    case LENGTH_INDEFINITE:
        bytes[0] = 0x80;
        put(w, bytes, 1);
        return;
    case LENGTH_ONE_MORE:
        ++len;
        break;
    case LENGTH_ONE_LESS:
        len -= len > 0;
        break;
    default:
        break;
    }
    if (len < 0x80 && form != LENGTH_PADDED) {
        bytes[--n] = (uint8_t)len;
    }
    else {
        do {
            bytes[--n] = (uint8_t)len;
            len >>= 8;
        } while (len > 0);
        if (form == LENGTH_PADDED) {
            bytes[--n] = 0;
        }
        bytes[n - 1] = (uint8_t)(0x80 | (sizeof(bytes) - n));
        --n;
    }
    put(w, bytes + n, sizeof(bytes) - n);
}

/* Backwards: a length is known when what it counts is written. A changed tree
 * may hold a part of itself: depth ends that. */
static void write_list(writer_t *w, const node_t *first, int depth)
{
    const size_t before = w->waits;

    for (const node_t *node = first; node != NULL; node = node->next) {
        if (w->waits == WAITING_MAX) {
            w->full = 1;
            break;
        }
        w->waiting[w->waits++] = node;
    }
    while (w->waits > before) {
        const node_t *node = w->waiting[--w->waits];
        const uint8_t *end = w->at;

        if (depth < DEPTH_MAX && !w->full) {
            write_list(w, node->child, depth + 1);
        }
        put(w, node->content, node->len);
        put_length(w, (size_t)(end - w->at), node->length);
        put(w, &node->tag, 1);
    }
}

/* Where a node hangs. */
static node_t **link_of(tree_t *tree, const node_t *node)
{
    if (tree->root == node) {
        return &tree->root;
    }
    for (size_t i = 0; i < tree->count; ++i) {
        if (tree->nodes[i].child == node) {
            return &tree->nodes[i].child;
        }
        if (tree->nodes[i].next == node) {
            return &tree->nodes[i].next;
        }
    }
    return NULL;
}

/* A copy of a node with all that is below, in front of another. */
static void insert_copy(tree_t *tree, const node_t *node, node_t *before)
{
    node_t **link = link_of(tree, before);
    node_t *copy = link != NULL ? new_node(tree, 0, NULL, 0) : NULL;

    if (copy != NULL) {
        *copy = *node;
        copy->next = *link;
        *link = copy;
    }
}

static void swap_with_next(tree_t *tree, node_t *node)
{
    node_t **link = link_of(tree, node);
    node_t *next = node->next;

    if (link != NULL && next != NULL) {
        node->next = next->next;
        next->next = node;
        *link = next;
    }
}

/* Contents that numbers, names and dates are not. */
static void fill(tree_t *tree, node_t *node, fuzz_random_t *random)
{
    static const uint8_t bytes[] = { 0x00, 0xff, 0x7f, 0x80, 'A', '9' };
    static const size_t lengths[] = { 0, 1, 2, 8, 21, 64, 255, FILL_MAX };

    memset(tree->fill, bytes[fuzz_random_below(random, sizeof(bytes))],
           sizeof(tree->fill));
    node->child = NULL;
    node->content = tree->fill;
    node->len = lengths[fuzz_random_below(random, sizeof(lengths)
                                          / sizeof(*lengths))];
}

static void retag(node_t *node, fuzz_random_t *random)
{
    static const uint8_t tags[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a,
                                    0x0c, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1c,
                                    0x1e, 0x30, 0x31, 0x80, 0x81, 0x82, 0x86,
                                    0xa0, 0xa1, 0xa2, 0xa3, 0x1f, 0x00 };

    node->tag = tags[fuzz_random_below(random, sizeof(tags))];
}

/* Contents of a node in a sequence of their own. */
static void wrap(tree_t *tree, node_t *node)
{
    node_t *inner = new_node(tree, 0, NULL, 0);

    if (inner != NULL) {
        *inner = *node;
        inner->next = NULL;
        node->tag = 0x30;
        node->content = NULL;
        node->len = 0;
        node->length = LENGTH_RIGHT;
        node->child = inner;
    }
}

/* One bit of a content, in a copy. */
static void flip(tree_t *tree, node_t *node, fuzz_random_t *random)
{
    if (node->child == NULL && node->len > 0 && node->len <= FILL_MAX) {
        memcpy(tree->fill, node->content, node->len);
        tree->fill[fuzz_random_below(random, node->len)] ^=
            (uint8_t)(1u << fuzz_random_below(random, 8));
        node->content = tree->fill;
    }
}

static void drop(tree_t *tree, node_t *node)
{
    node_t **link = link_of(tree, node);

    if (link != NULL) {
        *link = node->next;
    }
}

static void change_tree(tree_t *tree, fuzz_random_t *random)
{
    node_t *node = &tree->nodes[fuzz_random_below(random, tree->count)];
    node_t *other = &tree->nodes[fuzz_random_below(random, tree->count)];
    node_t *next = node->next;

    switch (fuzz_random_below(random, 11)) {
    case 0: /* emptied */
        node->child = NULL;
        node->len = 0;
        break;
    case 1:
        drop(tree, node);
        break;
    case 2:
        insert_copy(tree, node, node);
        break;
    case 3:
        swap_with_next(tree, node);
        break;
    case 4: /* another in its place */
        *node = *other;
        node->next = next;
        break;
    case 5:
        insert_copy(tree, other, node);
        break;
    case 6:
        retag(node, random);
        break;
    case 7:
        node->length = (length_t)fuzz_random_below(random, LENGTHS);
        break;
    case 8:
        fill(tree, node, random);
        break;
    case 9:
        wrap(tree, node);
        break;
    default:
        flip(tree, node, random);
        break;
    }
}

int fuzz_change_der(fuzz_input_t *input, fuzz_random_t *random)
{
    static tree_t tree;
    static uint8_t out[FUZZ_INPUT_MAX];
    static writer_t w;
    size_t size;

    w.begin = out;
    w.at = out + sizeof(out);
    w.full = 0;
    w.waits = 0;
    tree.count = 0;
    tree.root = read_list(&tree, input->data, input->size, 0);
    if (tree.root == NULL) {
        return 0;
    }
    change_tree(&tree, random);
    write_list(&w, tree.root, 0);
    size = (size_t)(out + sizeof(out) - w.at);
    if (w.full || size > input->max) {
        return 0;
    }
    memcpy(input->data, w.at, size);
    input->size = size;
    return 1;
}
