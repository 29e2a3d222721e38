// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which pictures there are of a vCPU: in a page, each with its caption, and by themselves. */
#include <stdlib.h>

#include "app/reports/pictures.h"
#include "app/reports/report_impl.h"

/* More vCPUs than these would make a picture that nobody looks at. */
#define TRACKS_SHOWN 24u

static const struct {
	double (*draw)(struct text *out, struct vms_session *session,
		       const struct vms_track *track);
	const char *caption;
} pictures[HTML_PICTURES] = {
	[HTML_BAND] = { svg_band, "The band over time, around its middle: linear within it, "
				  "logarithmic outside" },
	[HTML_STEPS] = { svg_steps, "The offset over time, from where it begins" },
	[HTML_OUTSIDE] = { svg_outside,
			   "Guest events outside every run of their vCPU, by how far the offset is "
			   "moved from the model in use; the scale of events is logarithmic" },
	[HTML_MODELS] = { svg_models,
			  "Clock models against the band (shaded, where it is widest: linear, "
			  "outside "
			  "logarithmic). A mark is an offset, its line twice the standard error" },
};

void html_picture(struct text *out, enum html_picture which, struct vms_session *session,
		  const struct vms_track *track)
{
	struct text svg = { 0 };
	const double height = pictures[which].draw(&svg, session, track);

	out->bad |= svg.bad;
	if (height > 0.0)
		text_printf(out, "<figure><figcaption>%s</figcaption>\n%s</figure>\n",
			    pictures[which].caption, svg.p ? svg.p : "");
	free(svg.p);
}

/* Below each other, each under its caption. Return: the height */
static double draw_all(struct text *out, struct vms_session *session)
{
	const unsigned int nr = vms_session_tracks_nr(session);
	double y = 16.0;
	unsigned int i, k;

	for (i = 0; i < nr && i < TRACKS_SHOWN; i++) {
		const struct vms_track *track = vms_session_track(session, i);

		text_printf(out, "<text class=\"strong\" x=\"0\" y=\"%.0f\">", y);
		html_text(out, report_guest(session, track)->name);
		text_printf(out, ", vCPU %u</text>\n", track->vcpu);
		for (k = 0; k < HTML_PICTURES; k++) {
			struct text svg = { 0 };
			const double height = pictures[k].draw(&svg, session, track);

			out->bad |= svg.bad;
			if (height > 0.0) {
				svg_text(out, "dim", 0.0, y + 20.0, pictures[k].caption);
				text_printf(out, "<g transform=\"translate(0 %.0f)\">\n%s</g>\n",
					    y + 30.0, svg.p ? svg.p : "");
				y += height + 36.0;
			}
			free(svg.p);
		}
		y += 28.0;
	}
	return y;
}

void report_pictures(struct text *out, struct vms_session *session)
{
	struct text all = { 0 };
	const double height = draw_all(&all, session);

	out->bad |= all.bad;
	text_printf(out,
		    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		    "viewBox=\"-12 -4 %.0f %.0f\">\n",
		    SVG_WIDTH + 24.0, height, SVG_WIDTH + 24.0, height);
	html_style(out, false);
	text_printf(out,
		    "<rect x=\"-12\" y=\"-4\" width=\"100%%\" height=\"100%%\" "
		    "fill=\"var(--bg)\"/>\n%s</svg>\n",
		    all.p ? all.p : "");
	free(all.p);
}
