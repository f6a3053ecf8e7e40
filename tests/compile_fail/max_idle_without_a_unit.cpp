// How long an instance may be idle, as a number that has no unit.
// expect-first: pando: a time has a unit; write max_idle<60s>, not max_idle<60>
#include <chrono>

#include <pando/contract.hpp>

using namespace std::chrono_literals;

#ifdef PANDO_TWIN
#define LENGTH 60s
#else
#define LENGTH 60
#endif

struct Counter : pando::entity<"Counter", pando::max_idle<LENGTH>, // here
                               pando::rpc<"total", long()>> {};
