// A persisted stream that callers are to share by its key.
// expect-first: pando: a persisted stream has one caller
// expect: Feed
// expect-named: "Items"
// expect: primary_key
#include <pando/pando.hpp>

struct Range {
  int first = 0;
};

#ifdef PANDO_TWIN
struct Feed : pando::entity<"Feed", pando::rpc<"Items", pando::stream<int>(Range), pando::persisted>> {
};
#else
struct Feed : pando::entity<"Feed", pando::rpc<"Items", pando::stream<int>(Range), pando::persisted,
                                               pando::primary_key<&Range::first>>> {};
#endif

inline auto feeds = pando::implement<Feed>( // here
    pando::on<"Items"> = [](Range in) -> pando::stream<int> { co_yield in.first; });
