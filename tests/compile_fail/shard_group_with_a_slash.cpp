// A group of shards named as those of singletons are.
// expect-first: pando: the name of a shard_group has no /
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
#define GROUP "mail"
#else
#define GROUP "singleton/mail"
#endif

using letters = pando::shard_group<GROUP>;
constexpr std::size_t size = sizeof(letters); // here

int main() { return size == 0 ? 1 : 0; }
