// Notes by datagram, by HTTP, by command: a transport of one's own stands beside the library's.
//   ./transport serve --http 3000         NOTES_PORT says which port datagrams go to (9090)
//   echo 'note/add {"text":"milk"}' | nc -u -w1 127.0.0.1 9090
#include <cstdlib>

#include <pando/http.hpp>
#include <pando/pando.hpp>

#include "datagram.hpp"

struct Note {
  pando::checked<std::string, pando::is::non_empty> text;
};
struct TooMany {
  std::size_t most;
};

struct Notes
    : pando::controller<
          "note",
          pando::route<"add", void(Note), datagram::topic<"note/add">, pando::http::post<"/">,
                       pando::cli::command<>, pando::raises<TooMany>>,
          pando::route<"list", std::vector<Note>(), datagram::topic<"note/list">,
                       pando::http::get<"/">, pando::cli::command<>>> {};

struct Pad {
  std::vector<Note> notes;
};

inline auto notes = pando::implement<Notes>(
    pando::on<"add"> = [](Note in, Pad& pad) {
      constexpr std::size_t most = 100;
      if (pad.notes.size() == most) throw TooMany{most};
      pad.notes.push_back(in);
    },
    pando::on<"list"> = [](Pad& pad) { return pad.notes; });

int main(int argc, char** argv) {
  Pad pad;
  char const* const port = std::getenv("NOTES_PORT");
  datagram::transport datagrams(static_cast<std::uint16_t>(port ? std::atoi(port) : 9090));
  return pando::app(notes, datagrams).named("notes").provide(pad).main(argc, argv);
}
