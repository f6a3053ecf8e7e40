// An entity in a program that includes what controllers take alone.
// expect-first: pando: what an entity takes is in <pando/entities.hpp>, and in <pando/pando.hpp>; include
// expect: Counter
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>
#ifdef PANDO_TWIN
#include <pando/handler/implement_entity.hpp>
#endif

struct Counter : pando::entity<"Counter", pando::rpc<"Get", int()>> {};

inline auto const counters =
    pando::implement<Counter>(pando::on<"Get"> = [] { return 1; }); // here

int main() { return sizeof counters == 0 ? 1 : 0; }
