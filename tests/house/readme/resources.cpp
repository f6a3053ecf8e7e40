// README: what an instance holds outside.
#include <chrono>

#include <pando/pando.hpp>

using namespace std::chrono_literals;

struct Command { std::string line; };
struct Pod { pando::task<std::string> run(Command in); };
struct Cloud {
  pando::task<Pod> find_or_make(std::string id);
  pando::task<void> remove(Pod& pod);
};
struct Workspace
    : pando::entity<"Workspace", pando::rpc<"Run", std::string(Command)>,
                    pando::rpc<"Close", void()>> {};

#include "block.1"
#include "block.2"

void use(Cloud& cloud) { auto app = pando::app(workspaces).provide(cloud); }
