/* SPDX-License-Identifier: Apache-2.0
 * Builds the structure tree of a letter.
 */
#include "letter/structure.h"

/* An element in the document. */
typedef struct node_t {
    HPDF_Dict dict; /* NULL: without content */
    HPDF_Array kids;
    int page;       /* of its first marked content; -1: none */
} node_t;

/* The tree in progress. */
typedef struct tree_t {
    HPDF_Doc doc;
    const npie_sheet_t *sheet;
    const npie_painted_t *pages;
    HPDF_Dict document;
    HPDF_Array document_kids;
    node_t *nodes;     /* by element */
    HPDF_Array parents; /* Nums of the parent tree */
} tree_t;

static HPDF_Dict make_element(HPDF_Array *pkids, HPDF_Doc doc, const char *tag,
                              HPDF_Dict parent)
{
    HPDF_Dict dict = npie_haru_dict(doc);

    *pkids = HPDF_Array_New(doc->mmgr);
    HPDF_Dict_AddName(dict, "S", tag);
    HPDF_Dict_Add(dict, "P", parent);
    HPDF_Dict_Add(dict, "K", *pkids);
    return dict;
}

static const npie_element_t *element_at(const tree_t *tree, int i)
{
    return &APR_ARRAY_IDX(tree->sheet->elements, i, npie_element_t);
}

/* The element in the document, its parents before it. They are made in the
 * order of reading, as that is the order of their first content. */
static node_t *node_of(tree_t *tree, int i)
{
    const npie_element_t *element = element_at(tree, i);
    node_t *node = &tree->nodes[i];
    node_t *parent = NULL;

    if (node->dict != NULL) {
        return node;
    }
    if (element->parent != NPIE_ELEMENT_NONE) {
        parent = node_of(tree, element->parent);
    }
    node->page = -1;
    node->dict = make_element(&node->kids, tree->doc, element->tag,
                              parent != NULL ? parent->dict : tree->document);
    if (element->alt != NULL) {
        HPDF_Dict_Add(node->dict, "Alt",
                      npie_haru_text(tree->doc, element->alt, tree->sheet->p));
    }
    HPDF_Array_Add(parent != NULL ? parent->kids : tree->document_kids,
                   node->dict);
    return node;
}

/* A dictionary that stands for content of a page. */
static HPDF_Dict make_reference(const tree_t *tree, const char *type, int page)
{
    HPDF_Dict reference = HPDF_Dict_New(tree->doc->mmgr);

    HPDF_Dict_AddName(reference, "Type", type);
    HPDF_Dict_Add(reference, "Pg", tree->pages[page].page);
    return reference;
}

/* Marked content of a page to its element: the number alone where it is on the
 * element's own page. */
static void add_content(const tree_t *tree, node_t *node, int page, int mcid)
{
    if (node->page < 0) {
        node->page = page;
        HPDF_Dict_Add(node->dict, "Pg", tree->pages[page].page);
    }
    if (node->page == page) {
        HPDF_Array_AddNumber(node->kids, mcid);
    }
    else {
        HPDF_Dict reference = make_reference(tree, "MCR", page);

        HPDF_Dict_AddNumber(reference, "MCID", mcid);
        HPDF_Array_Add(node->kids, reference);
    }
}

/* In the order of the elements: a foot is painted on every page, and read
 * once. */
static void make_nodes(tree_t *tree)
{
    const apr_array_header_t *elements = tree->sheet->elements;
    char *has_content = apr_pcalloc(tree->sheet->p,
                                    (apr_size_t)elements->nelts + 1);

    for (int page = 0; page < tree->sheet->pages->nelts; ++page) {
        const apr_array_header_t *marked = tree->pages[page].marked;

        for (int mcid = 0; mcid < marked->nelts; ++mcid) {
            has_content[APR_ARRAY_IDX(marked, mcid, int)] = 1;
        }
    }
    for (int i = 0; i < elements->nelts; ++i) {
        if (has_content[i] || element_at(tree, i)->field != 0) {
            node_of(tree, i);
        }
    }
}

static void add_page(tree_t *tree, int page)
{
    const apr_array_header_t *marked = tree->pages[page].marked;
    HPDF_Array owners = HPDF_Array_New(tree->doc->mmgr);

    for (int mcid = 0; mcid < marked->nelts; ++mcid) {
        node_t *node = node_of(tree, APR_ARRAY_IDX(marked, mcid, int));

        add_content(tree, node, page, mcid);
        HPDF_Array_Add(owners, node->dict);
    }
    HPDF_Dict_AddNumber(tree->pages[page].page, "StructParents", page);
    HPDF_Array_AddNumber(tree->parents, page);
    HPDF_Array_Add(tree->parents, owners);
}

static void add_fields(tree_t *tree, const HPDF_Dict fields[2], int page)
{
    int key = tree->sheet->pages->nelts;

    for (int i = 0; i < tree->sheet->elements->nelts; ++i) {
        int field = element_at(tree, i)->field;

        if (field != 0) {
            HPDF_Dict reference = make_reference(tree, "OBJR", page);

            HPDF_Dict_Add(reference, "Obj", fields[field - 1]);
            HPDF_Array_Add(node_of(tree, i)->kids, reference);
            HPDF_Dict_AddNumber(fields[field - 1], "StructParent", key);
            HPDF_Array_AddNumber(tree->parents, key++);
            HPDF_Array_Add(tree->parents, node_of(tree, i)->dict);
        }
    }
}

void npie_structure_add(HPDF_Doc doc, const npie_sheet_t *sheet,
                        const npie_painted_t *pages,
                        const HPDF_Dict fields[2], int field_page)
{
    HPDF_Dict root = npie_haru_dict(doc);
    HPDF_Dict parents = npie_haru_dict(doc);
    HPDF_Dict info = HPDF_Dict_New(doc->mmgr);
    tree_t tree = { .doc = doc, .sheet = sheet, .pages = pages };

    tree.nodes = apr_pcalloc(sheet->p, sizeof(node_t)
                             * ((apr_size_t)sheet->elements->nelts + 1));
    tree.parents = HPDF_Array_New(doc->mmgr);
    tree.document = make_element(&tree.document_kids, doc, "Document", root);
    make_nodes(&tree);
    for (int page = 0; page < sheet->pages->nelts; ++page) {
        add_page(&tree, page);
    }
    add_fields(&tree, fields, field_page);
    HPDF_Dict_Add(parents, "Nums", tree.parents);
    HPDF_Dict_AddName(root, "Type", "StructTreeRoot");
    HPDF_Dict_Add(root, "K", tree.document);
    HPDF_Dict_Add(root, "ParentTree", parents);
    HPDF_Dict_Add(doc->catalog, "StructTreeRoot", root);
    HPDF_Dict_AddBoolean(info, "Marked", HPDF_TRUE);
    HPDF_Dict_Add(doc->catalog, "MarkInfo", info);
}
