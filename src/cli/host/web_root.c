/* SPDX-License-Identifier: ISC */
/* Document roots by their names, where no configuration says so. */
#include <config.h>

#include <string.h>

#include "base/path.h"
#include "cli/host/web_root.h"

const char *
web_root_usual(const char *path)
{
	static const char *const roots[] = {
		"/var/www/html", "/srv/www", "/srv/http",
		"/usr/share/nginx/html", "/usr/local/www",
		"/usr/local/apache2/htdocs"
	};
	static const char *const parts[] = {
		"/public_html/", "/htdocs/", "/httpdocs/", "/wwwroot/"
	};

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++)
		if (path_is_below(path, roots[i]))
			return roots[i];
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strstr(path, parts[i]) != NULL)
			return parts[i];
	return NULL;
}
