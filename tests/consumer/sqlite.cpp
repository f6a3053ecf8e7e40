// A whole program of a project outside the tree that found Pando's SQLite: persisted calls.
//   consumer serve --store notes.db
#include <unistd.h>

#include <pando/pando.hpp>
#include <pando/sqlite.hpp>

static_assert(pando::sqlite::is_built_in);

struct Note {
  std::string key;
};
struct Notes
    : pando::entity<"Notes", pando::rpc<"Write", std::int64_t(Note), pando::persisted,
                                        pando::primary_key<&Note::key>>> {};

/// Answers with the process that carried it out.
inline auto notes = pando::implement<Notes>(
    pando::on<"Write"> = [](Note) { return std::int64_t{::getpid()}; });

int main(int argc, char** argv) { return pando::app(notes).named("consumer").main(argc, argv); }
