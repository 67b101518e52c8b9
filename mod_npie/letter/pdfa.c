/* SPDX-License-Identifier: Apache-2.0
 * Adds metadata, output intent and identifier of PDF/A-1a.
 */
#include "letter/pdfa.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "letter/form.h"
#include "letter/icc.h"
#include "pki/digest.h"

/* libharu writes its name into Producer; metadata must say the same. */
#define PRODUCER "Haru Free PDF Library " HPDF_VERSION_TEXT
#define ID_SIZE 16

static const char xmp_head[] =
    "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
    "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
    "<rdf:Description rdf:about=\"\""
    " xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">"
    "<pdfaid:part>1</pdfaid:part>"
    "<pdfaid:conformance>A</pdfaid:conformance></rdf:Description>\n";

#define PROPERTY(name, description) \
    "<rdf:li rdf:parseType=\"Resource\">" \
    "<pdfaProperty:name>" name "</pdfaProperty:name>" \
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType>" \
    "<pdfaProperty:category>external</pdfaProperty:category>" \
    "<pdfaProperty:description>" description "</pdfaProperty:description>" \
    "</rdf:li>"

/* PDF/A knows no property that is not described in the file itself
 * (ISO 19005-1, 6.7.8). */
static const char xmp_schema[] =
    "<rdf:Description rdf:about=\"\""
    " xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\""
    " xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\""
    " xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\">"
    "<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType=\"Resource\">"
    "<pdfaSchema:schema>Carta de renovacion</pdfaSchema:schema>"
    "<pdfaSchema:namespaceURI>" NPIE_FORM_NAMESPACE "</pdfaSchema:namespaceURI>"
    "<pdfaSchema:prefix>npie</pdfaSchema:prefix>"
    "<pdfaSchema:property><rdf:Seq>"
    PROPERTY("cadena", "Cadena original")
    PROPERTY("huso", "Huso horario del patron")
    PROPERTY("datos", "Otros datos de la carta")
    "</rdf:Seq></pdfaSchema:property>"
    "</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>\n";

static const char xmp_tail[] =
    "</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>";

static const char *xml_escape(const char *text, apr_pool_t *p)
{
    char *result = apr_palloc(p, strlen(text) * 5 + 1);
    char *out = result;

    for (; *text != '\0'; ++text) {
        const char *name = *text == '&' ? "&amp;" : *text == '<' ? "&lt;"
            : *text == '>' ? "&gt;" : NULL;

        if (name != NULL) {
            memcpy(out, name, strlen(name));
            out += strlen(name);
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
    return result;
}

static void add_metadata(HPDF_Doc doc, const npie_pdfa_t *pdfa, apr_pool_t *p)
{
    const char *time = npie_text_time(pdfa->time, p);
    const char *xmp = apr_psprintf(p, "%s"
        "<rdf:Description rdf:about=\"\""
        " xmlns:dc=\"http://purl.org/dc/elements/1.1/\">"
        "<dc:format>application/pdf</dc:format>"
        "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">%s</rdf:li>"
        "</rdf:Alt></dc:title></rdf:Description>\n"
        "<rdf:Description rdf:about=\"\""
        " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\">"
        "<xmp:CreatorTool>" NPIE_FORM_CREATOR "</xmp:CreatorTool>"
        "<xmp:CreateDate>%s</xmp:CreateDate>"
        "<xmp:ModifyDate>%s</xmp:ModifyDate></rdf:Description>\n"
        "<rdf:Description rdf:about=\"\""
        " xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\">"
        "<pdf:Producer>" PRODUCER "</pdf:Producer></rdf:Description>\n"
        "<rdf:Description rdf:about=\"\""
        " xmlns:npie=\"" NPIE_FORM_NAMESPACE "\">"
        "<" NPIE_FORM_CADENA ">%s</" NPIE_FORM_CADENA ">"
        "<" NPIE_FORM_ZONE ">%s</" NPIE_FORM_ZONE ">"
        "<" NPIE_FORM_DATA ">%s</" NPIE_FORM_DATA ">"
        "</rdf:Description>\n%s%s", xmp_head, xml_escape(pdfa->title, p), time,
        time, xml_escape(pdfa->cadena, p), pdfa->zone, xml_escape(pdfa->data, p),
        xmp_schema, xmp_tail);
    HPDF_Dict dict = npie_haru_stream(doc, xmp, strlen(xmp));

    if (dict != NULL) {
        HPDF_Dict_AddName(dict, "Type", "Metadata");
        HPDF_Dict_AddName(dict, "Subtype", "XML");
        HPDF_Dict_Add(doc->catalog, "Metadata", dict);
    }
}

/* "D:20261121190255Z". */
static const char *pdf_time(apr_time_t time, apr_pool_t *p)
{
    const char *t = npie_text_time(time, p);

    return apr_psprintf(p, "D:%.4s%.2s%.2s%.2s%.2s%.2sZ", t, t + 5, t + 8,
                        t + 11, t + 14, t + 17);
}

static void add_info(HPDF_Doc doc, const npie_pdfa_t *pdfa, apr_pool_t *p)
{
    const char *time = pdf_time(pdfa->time, p);

    /* The first call makes the dictionary. */
    HPDF_SetInfoAttr(doc, HPDF_INFO_CREATOR, NPIE_FORM_CREATOR);
    HPDF_Dict_Add(doc->info, "Title", npie_haru_text(doc, pdfa->title, p));
    HPDF_Dict_Add(doc->info, "CreationDate",
                  HPDF_String_New(doc->mmgr, time, NULL));
    HPDF_Dict_Add(doc->info, "ModDate",
                  HPDF_String_New(doc->mmgr, time, NULL));
}

static void add_intent(HPDF_Doc doc, apr_pool_t *p)
{
    npie_bytes_t profile = npie_icc_gray(p);
    HPDF_Dict icc = npie_haru_stream(doc, profile.data, profile.len);
    HPDF_Dict intent = npie_haru_dict(doc);
    HPDF_Array intents = HPDF_Array_New(doc->mmgr);

    HPDF_Dict_AddNumber(icc, "N", 1);
    HPDF_Dict_AddName(intent, "Type", "OutputIntent");
    HPDF_Dict_AddName(intent, "S", "GTS_PDFA1");
    HPDF_Dict_Add(intent, "OutputConditionIdentifier",
                  HPDF_String_New(doc->mmgr, "Gray gamma 2.2", NULL));
    HPDF_Dict_Add(intent, "Info",
                  HPDF_String_New(doc->mmgr, "Gray gamma 2.2", NULL));
    HPDF_Dict_Add(intent, "DestOutputProfile", icc);
    HPDF_Array_Add(intents, intent);
    HPDF_Dict_Add(doc->catalog, "OutputIntents", intents);
}

static apr_status_t add_id(HPDF_Doc doc, const npie_pdfa_t *pdfa)
{
    npie_bytes_t cadena = { (const unsigned char *)pdfa->cadena,
                            strlen(pdfa->cadena) };
    char hex[NPIE_SHA256_HEX_SIZE];
    HPDF_Array ids = HPDF_Array_New(doc->mmgr);
    apr_status_t rv = npie_sha256_hex(hex, cadena);

    if (rv != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    /* The digest's digits serve as well as its bytes. */
    for (int i = 0; i < 2; ++i) {
        HPDF_Array_Add(ids, HPDF_Binary_New(doc->mmgr, (HPDF_BYTE *)hex,
                                            ID_SIZE));
    }
    HPDF_Dict_Add(doc->trailer, "ID", ids);
    return APR_SUCCESS;
}

apr_status_t npie_pdfa_add(HPDF_Doc doc, const npie_pdfa_t *pdfa,
                           apr_pool_t *p)
{
    add_info(doc, pdfa, p);
    add_metadata(doc, pdfa, p);
    add_intent(doc, p);
    return add_id(doc, pdfa);
}
