// A stream that is to be persisted.
// expect-first: pando: a stream cannot be pando::persisted
// expect: Feed
// expect-named: "Items"
#include <pando/pando.hpp>

#ifdef PANDO_TWIN
struct Feed : pando::entity<"Feed", pando::rpc<"Items", pando::stream<int>()>> {};
#else
struct Feed : pando::entity<"Feed", pando::rpc<"Items", pando::stream<int>(), pando::persisted>> {};
#endif

inline auto feeds = pando::implement<Feed>( // here
    pando::on<"Items"> = []() -> pando::stream<int> { co_yield 1; });
