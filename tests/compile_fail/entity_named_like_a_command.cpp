// An entity whose commands would be those of the fleet, `shop cluster status`.
// expect-first: pando: a command that is built in has this controller's or entity's name: given
// expect: Cluster
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
struct Cluster : pando::entity<"Clusters", pando::rpc<"Size", int()>> {};
#else
struct Cluster : pando::entity<"Cluster", pando::rpc<"Size", int()>> {};
#endif

inline auto const clusters = pando::implement<Cluster>(pando::on<"Size"> = [] { return 1; });

int main(int argc, char** argv) {
  return pando::app(clusters).main(argc, argv); // here
}
