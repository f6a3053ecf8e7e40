// A program of a project outside the tree that has HTTP and nothing else of Pando's.
#include <cstdint>
#include <string>

#include <pando/http_app.hpp>

struct Name {
  std::string name;
};
struct Greeting {
  std::string text;
};
struct Hello
    : pando::controller<"hello",
                        pando::route<"greet", Greeting(Name), pando::http::get<"/{name}">>> {};

inline auto hello = pando::implement<Hello>(
    pando::on<"greet"> = [](Name in) { return Greeting{"hello " + in.name}; });

int main() { return pando::http_app(hello).named("consumer").run({.http = 0}); }
