// Hosts of a test's own with a network between them that can be cut: Linux's network namespaces.
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

#include <support/process.hpp>
#include <support/scratch.hpp>

namespace support {

/// Each host is a namespace on a bridge that is in one more. They go with this object: by then no
/// process runs on them any more. *Thread*: the one that made it.
class network {
 public:
  /// Empty, or what is missing for it.
  static std::string missing() {
    if (::getuid() != 0) return "networks need root";
    scratch_folder const folder;
    bool const is_there = run({"ip", "-V"}, folder.path() + "/log").code == 0;
    return is_there ? "" : "no ip (Debian: apt-get install iproute2)";
  }
  /// Whether the kernel lets root make one: in some containers it does not.
  static bool can_be_made() {
    scratch_folder const folder;
    auto const log = folder.path() + "/log";
    auto const name = name_of("try");
    if (run({"ip", "netns", "add", name}, log).code != 0) return false;
    auto const made = run({"ip", "-n", name, "link", "add", "bridge", "type", "bridge"}, log);
    run({"ip", "netns", "delete", name}, log);
    return made.code == 0;
  }

  /// *Throws* std::runtime_error with what `ip` says.
  explicit network(int hosts) {
    add(name_of("bridge"));
    in_bridge({"link", "add", "bridge", "type", "bridge"});
    in_bridge({"link", "set", "bridge", "up"});
    for (int i = 0; i < hosts; ++i) {
      add(name_of(i));
      in_bridge(
          {"link", "add", port(i), "type", "veth", "peer", "name", "out", "netns", name_of(i)});
      in_bridge({"link", "set", port(i), "master", "bridge", "up"});
      ip({"-n", name_of(i), "address", "add", address(i) + "/24", "dev", "out"});
      ip({"-n", name_of(i), "link", "set", "out", "up"});
      ip({"-n", name_of(i), "link", "set", "lo", "up"});
    }
  }
  network(network const&) = delete;
  ~network() {
    for (auto const& name : made_) run({"ip", "netns", "delete", name}, log());
  }

  static std::string address(int host) { return "10.77.0." + std::to_string(host + 1); }
  /// What runs a command there, with its process number.
  static std::vector<std::string> on(int host) { return {"ip", "netns", "exec", name_of(host)}; }

  /// Nothing goes from one to the other any more, and nobody is told: like a cable that is pulled.
  /// There is one cut at a time.
  void cut(int one, int other) const {
    for (int const host : {one, other}) set_isolated(host, "on");
  }
  void mend(int one, int other) const {
    for (int const host : {one, other}) set_isolated(host, "off");
  }

 private:
  static std::string name_of(std::string const& part) {
    return "pando-" + std::to_string(::getpid()) + "-" + part;
  }
  static std::string name_of(int host) { return name_of(std::to_string(host)); }
  static std::string port(int host) { return "port" + std::to_string(host); }
  std::string log() const { return folder_.path() + "/log"; }

  void ip(std::vector<std::string> words) const {
    words.insert(words.begin(), "ip");
    auto const done = run(words, log());
    if (done.code != 0) throw std::runtime_error("ip: " + done.written);
  }
  void in_bridge(std::vector<std::string> words) const {
    words.insert(words.begin(), {"-n", name_of("bridge")});
    ip(std::move(words));
  }
  void add(std::string const& name) {
    ip({"netns", "add", name});
    made_.push_back(name);
  }
  /// Isolated ports of a bridge reach only those that are not.
  void set_isolated(int host, std::string const& how) const {
    in_bridge({"link", "set", port(host), "type", "bridge_slave", "isolated", how});
  }

  scratch_folder folder_;
  std::vector<std::string> made_;
};

} // namespace support
