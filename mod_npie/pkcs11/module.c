/* SPDX-License-Identifier: Apache-2.0
 * Loads and reinitialises PKCS#11 modules.
 */
#include "pkcs11/session.h"

#include <dlfcn.h>
#include <string.h>

#include <apr_strings.h>

apr_status_t npie_pkcs11_fail(npie_err_t *err, const npie_pkcs11_uri_t *uri,
                             const char *what, CK_RV rc)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                        "%.100s: %s: %s (CKR 0x%lx)", uri->text, what,
                        p11_kit_strerror(rc), (unsigned long)rc);
}

apr_status_t npie_pkcs11_module_restart(npie_pkcs11_module_t *module,
                                       npie_err_t *err)
{
    CK_C_INITIALIZE_ARGS args;
    CK_RV rc;

    memset(&args, 0, sizeof(args));
    args.flags = CKF_OS_LOCKING_OK;
    if (module->running) {
        module->call->C_Finalize(NULL);
        module->running = 0;
    }
    rc = module->call->C_Initialize(&args);
    if (rc == CKR_CANT_LOCK) {
        /* The module supports one thread, and this program has one. */
        rc = module->call->C_Initialize(NULL);
    }
    if (rc != CKR_OK) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "PKCS#11 module %.100s: it cannot begin: %s (CKR "
                            "0x%lx): look at its own configuration, and that "
                            "User may read it", module->path,
                            p11_kit_strerror(rc), (unsigned long)rc);
    }
    module->running = 1;
    module->generation++;
    return APR_SUCCESS;
}

static const char *open_module(npie_pkcs11_module_t *module)
{
    CK_C_GetFunctionList get = NULL;

    /* Resolve now: the system call filter prevents loading code later. */
    module->handle = dlopen(module->path, RTLD_NOW | RTLD_LOCAL);
    if (module->handle == NULL) {
        return dlerror();
    }
    /* ISO C cannot convert an object pointer to a function pointer. */
    *(void **)(&get) = dlsym(module->handle, "C_GetFunctionList");
    if (get == NULL || get(&module->call) != CKR_OK || module->call == NULL) {
        dlclose(module->handle);
        return "it is no PKCS#11 module";
    }
    return NULL;
}

apr_status_t npie_pkcs11_module_load(npie_pkcs11_module_t **pmodule,
                                    npie_pkcs11_t *tokens,
                                    const npie_pkcs11_uri_t *uri,
                                    npie_err_t *err)
{
    const char *path = uri->module != NULL ? uri->module : tokens->module;
    npie_pkcs11_module_t *module = tokens->modules;
    const char *wrong;
    apr_status_t rv;

    if (path == NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%.100s: which "
                            "PKCS#11 module has this token? Name it by "
                            "PKCS11Module, or module-path= in the URI",
                            uri->text);
    }
    while (module != NULL && strcmp(module->path, path) != 0) {
        module = module->next;
    }
    if (module == NULL) {
        module = apr_pcalloc(tokens->p, sizeof(*module));
        module->path = path;
        wrong = open_module(module);
        if (wrong != NULL) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                                "PKCS#11 module %.80s: %.150s", path, wrong);
        }
        rv = npie_pkcs11_module_restart(module, err);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        module->next = tokens->modules;
        tokens->modules = module;
    }
    *pmodule = module;
    return APR_SUCCESS;
}

void npie_pkcs11_modules_end(npie_pkcs11_t *tokens)
{
    for (npie_pkcs11_module_t *m = tokens->modules; m != NULL; m = m->next) {
        if (m->running) {
            m->call->C_Finalize(NULL);
            m->running = 0;
        }
    }
}
