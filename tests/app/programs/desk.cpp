// The desk as a program.
#include "app/desk.hpp"

int main(int argc, char** argv) {
  desk::board told{};
  desk::doorman door;
  desk::locked office;
  desk::badge lab;
  return pando::app(desk::handlers)
      .named("desk")
      .provide(told)
      .provide(door)
      .provide(office)
      .provide(lab)
      .main(argc, argv);
}
