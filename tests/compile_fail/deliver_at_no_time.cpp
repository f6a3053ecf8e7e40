// A call that is to be carried out at a text.
// expect-first: pando: pando::primary_key<...> and pando::deliver_at<...> take a field of the rpc's request
// expect: Desk
// expect: Reminder
// expect-named: "Remind"
#include <chrono>

#include "support/counter.hpp"

struct Reminder {
#ifdef PANDO_TWIN
  std::chrono::system_clock::time_point when;
#else
  std::string when;
#endif
};
struct Desk : pando::entity<"Desk", pando::rpc<"Remind", int(Reminder), pando::persisted,
                                               pando::deliver_at<&Reminder::when>>> {};

inline auto desks = pando::implement<Desk>(pando::on<"Remind"> = [](Reminder) { return 1; }); // here
