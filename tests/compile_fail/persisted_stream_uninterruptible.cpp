// A persisted stream that is to go on when its caller has left.
// expect-first: pando: a persisted stream has one caller
// expect: Feed
// expect-named: "Items"
// expect: uninterruptible
#include <pando/pando.hpp>

struct Range {
  int first = 0;
};

#ifdef PANDO_TWIN
struct Feed : pando::entity<"Feed", pando::rpc<"Items", pando::stream<int>(Range), pando::persisted,
                                               pando::retries<2>>> {};
#else
struct Feed : pando::entity<"Feed", pando::rpc<"Items", pando::stream<int>(Range), pando::persisted,
                                               pando::uninterruptible>> {};
#endif

inline auto feeds = pando::implement<Feed>( // here
    pando::on<"Items"> = [](Range in) -> pando::stream<int> { co_yield in.first; });
