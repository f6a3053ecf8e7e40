// A client's call that none of a hundred routes answers: as short as of two.
// expect-first: pando: the controller has no route of that name; was the last one meant?
// expect: Shop
// expect-named: "route57s"
// expect-named: "route57"
#include <pando/contract.hpp>
#include <pando/handler/client.hpp>

struct Item {
  int id;
};
struct Shop
    : pando::controller<"shop", pando::route<"route0", int(Item)>,
                        pando::route<"route1", int(Item)>, pando::route<"route2", int(Item)>,
                        pando::route<"route3", int(Item)>, pando::route<"route4", int(Item)>,
                        pando::route<"route5", int(Item)>, pando::route<"route6", int(Item)>,
                        pando::route<"route7", int(Item)>, pando::route<"route8", int(Item)>,
                        pando::route<"route9", int(Item)>, pando::route<"route10", int(Item)>,
                        pando::route<"route11", int(Item)>, pando::route<"route12", int(Item)>,
                        pando::route<"route13", int(Item)>, pando::route<"route14", int(Item)>,
                        pando::route<"route15", int(Item)>, pando::route<"route16", int(Item)>,
                        pando::route<"route17", int(Item)>, pando::route<"route18", int(Item)>,
                        pando::route<"route19", int(Item)>, pando::route<"route20", int(Item)>,
                        pando::route<"route21", int(Item)>, pando::route<"route22", int(Item)>,
                        pando::route<"route23", int(Item)>, pando::route<"route24", int(Item)>,
                        pando::route<"route25", int(Item)>, pando::route<"route26", int(Item)>,
                        pando::route<"route27", int(Item)>, pando::route<"route28", int(Item)>,
                        pando::route<"route29", int(Item)>, pando::route<"route30", int(Item)>,
                        pando::route<"route31", int(Item)>, pando::route<"route32", int(Item)>,
                        pando::route<"route33", int(Item)>, pando::route<"route34", int(Item)>,
                        pando::route<"route35", int(Item)>, pando::route<"route36", int(Item)>,
                        pando::route<"route37", int(Item)>, pando::route<"route38", int(Item)>,
                        pando::route<"route39", int(Item)>, pando::route<"route40", int(Item)>,
                        pando::route<"route41", int(Item)>, pando::route<"route42", int(Item)>,
                        pando::route<"route43", int(Item)>, pando::route<"route44", int(Item)>,
                        pando::route<"route45", int(Item)>, pando::route<"route46", int(Item)>,
                        pando::route<"route47", int(Item)>, pando::route<"route48", int(Item)>,
                        pando::route<"route49", int(Item)>, pando::route<"route50", int(Item)>,
                        pando::route<"route51", int(Item)>, pando::route<"route52", int(Item)>,
                        pando::route<"route53", int(Item)>, pando::route<"route54", int(Item)>,
                        pando::route<"route55", int(Item)>, pando::route<"route56", int(Item)>,
                        pando::route<"route57", int(Item)>, pando::route<"route58", int(Item)>,
                        pando::route<"route59", int(Item)>, pando::route<"route60", int(Item)>,
                        pando::route<"route61", int(Item)>, pando::route<"route62", int(Item)>,
                        pando::route<"route63", int(Item)>, pando::route<"route64", int(Item)>,
                        pando::route<"route65", int(Item)>, pando::route<"route66", int(Item)>,
                        pando::route<"route67", int(Item)>, pando::route<"route68", int(Item)>,
                        pando::route<"route69", int(Item)>, pando::route<"route70", int(Item)>,
                        pando::route<"route71", int(Item)>, pando::route<"route72", int(Item)>,
                        pando::route<"route73", int(Item)>, pando::route<"route74", int(Item)>,
                        pando::route<"route75", int(Item)>, pando::route<"route76", int(Item)>,
                        pando::route<"route77", int(Item)>, pando::route<"route78", int(Item)>,
                        pando::route<"route79", int(Item)>, pando::route<"route80", int(Item)>,
                        pando::route<"route81", int(Item)>, pando::route<"route82", int(Item)>,
                        pando::route<"route83", int(Item)>, pando::route<"route84", int(Item)>,
                        pando::route<"route85", int(Item)>, pando::route<"route86", int(Item)>,
                        pando::route<"route87", int(Item)>, pando::route<"route88", int(Item)>,
                        pando::route<"route89", int(Item)>, pando::route<"route90", int(Item)>,
                        pando::route<"route91", int(Item)>, pando::route<"route92", int(Item)>,
                        pando::route<"route93", int(Item)>, pando::route<"route94", int(Item)>,
                        pando::route<"route95", int(Item)>, pando::route<"route96", int(Item)>,
                        pando::route<"route97", int(Item)>, pando::route<"route98", int(Item)>,
                        pando::route<"route99", int(Item)>> {};

pando::task<int> show(pando::client<Shop> api) {
#ifdef PANDO_TWIN
  int const shown = co_await api.call<"route57">(7);
#else
  int const shown = co_await api.call<"route57s">(7); // here
#endif
  co_return shown;
}
