// SPDX-License-Identifier: LGPL-2.1-or-later
/* All that has to be C++: an object in KernelShark's list of shapes, which draws the marks. */
#include "kernelshark/graphs.h"

#include <cstdlib>
#include <new>

#include <KsPlugins.hpp>

namespace
{

class Picture : public KsPlot::PlotObject {
public:
	struct graphs graphs {};

	~Picture() override;

private:
	void _draw(const KsPlot::Color &, float) const override
	{
		graphs_draw(&graphs);
	}
};

/* KernelShark frees its shapes before it makes those of the next picture. */
Picture *current;

Picture::~Picture()
{
	free(graphs.at);
	if (current == this)
		current = nullptr;
}

} // namespace

struct graphs *picture_graphs(struct kshark_cpp_argv *argv)
{
	if (!current) {
		current = new (std::nothrow) Picture;
		if (current)
			KS_ARGV_TO_CPP(argv)->_shapes->push_front(current);
	}
	return current ? &current->graphs : nullptr;
}

bool picture_graph(struct kshark_cpp_argv *argv, struct graph *out)
{
	const KsCppArgV *of = KS_ARGV_TO_CPP(argv);

	if (!of->_graph || of->_graph->size() < 2)
		return false;
	out->left = of->_graph->bin(0)._base.x();
	out->right = of->_graph->bin(of->_graph->size() - 1)._base.x();
	out->base = of->_graph->base();
	out->height = of->_graph->height();
	out->from = of->_histo->min;
	out->to = ksmodel_bin_ts(of->_histo, of->_graph->size() - 1);
	return out->to > out->from;
}
