// One suite for every engine of storage: each behaviour on an empty storage of its own.
//
//   class my_place final : public storage_conformance::place { … };
//   static bool const is_tested = storage_conformance::add<my_place>("my_storage");
#pragma once

#include <chrono>
#include <exception>
#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <support/skip.hpp>
#include <support/storage_chunks.hpp>
#include <support/storage_listing.hpp>
#include <support/storage_messages.hpp>
#include <support/storage_runners.hpp>
#include <support/storage_taking.hpp>
#include <support/storage_writes.hpp>

namespace storage_conformance {

struct behaviour {
  char const* name;
  task<void> (*show)(place&);
};

#define PANDO_BEHAVIOUR(name)                                                                      \
  behaviour { #name, &name }
inline constexpr behaviour behaviours[] = {
    PANDO_BEHAVIOUR(a_runner_comes_and_is_seen),
    PANDO_BEHAVIOUR(a_runner_of_the_same_address_is_replaced),
    PANDO_BEHAVIOUR(a_runner_goes_and_its_leases_with_it),
    PANDO_BEHAVIOUR(machine_numbers_are_unique_and_1024),
    PANDO_BEHAVIOUR(runners_without_a_sign_of_life_are_left_out),
    PANDO_BEHAVIOUR(the_last_healthy_runner_stays_so),
    PANDO_BEHAVIOUR(a_runner_that_steps_down_is_healthy_no_more),
    PANDO_BEHAVIOUR(a_group_keeps_its_number_of_shards_while_in_use),
    PANDO_BEHAVIOUR(a_shard_has_one_owner),
    PANDO_BEHAVIOUR(the_epoch_grows_at_every_change_of_owner),
    PANDO_BEHAVIOUR(leases_are_renewed_all_at_once),
    PANDO_BEHAVIOUR(a_lease_that_has_ended_stays_lost),
    PANDO_BEHAVIOUR(what_is_owned_already_lasts_from_now),
    PANDO_BEHAVIOUR(two_that_want_all_shards_at_once_share_them),
    PANDO_BEHAVIOUR(a_runner_that_is_killed_loses_its_shards_in_time),
    PANDO_BEHAVIOUR(an_answer_is_recorded_once),
    PANDO_BEHAVIOUR(answers_are_given_of_those_that_have_one),
    PANDO_BEHAVIOUR(a_key_has_one_message_before_during_and_after),
    PANDO_BEHAVIOUR(a_key_is_of_one_instance_and_rpc),
    PANDO_BEHAVIOUR(an_id_has_one_message),
    PANDO_BEHAVIOUR(a_look_finds_what_a_save_would),
    PANDO_BEHAVIOUR(save_and_answer_in_one),
    PANDO_BEHAVIOUR(an_owner_saves_what_is_partly_there),
    PANDO_BEHAVIOUR(what_is_not_there_is_unknown),
    PANDO_BEHAVIOUR(an_owner_before_can_do_no_harm),
    PANDO_BEHAVIOUR(a_fence_is_of_the_life_the_epoch_and_the_shard),
    PANDO_BEHAVIOUR(operations_are_done_in_their_order),
    PANDO_BEHAVIOUR(as_many_operations_as_may_be),
    PANDO_BEHAVIOUR(two_at_once_record_one_answer),
    PANDO_BEHAVIOUR(answered_messages_are_dropped_after_a_time),
    PANDO_BEHAVIOUR(small_values_are_set_by_owners),
    PANDO_BEHAVIOUR(chunks_are_kept_in_their_order),
    PANDO_BEHAVIOUR(a_chunk_is_stored_once),
    PANDO_BEHAVIOUR(chunks_are_their_owners),
    PANDO_BEHAVIOUR(acknowledged_chunks_are_dropped_but_for_the_last),
    PANDO_BEHAVIOUR(acknowledgements_are_counted),
    PANDO_BEHAVIOUR(chunks_go_with_their_message),
    PANDO_BEHAVIOUR(operations_on_chunks_are_done_in_their_order),
    PANDO_BEHAVIOUR(others_are_told_of_chunks),
    PANDO_BEHAVIOUR(writes_happen_with_the_answer),
    PANDO_BEHAVIOUR(writes_do_not_happen_without_their_answer),
    PANDO_BEHAVIOUR(writes_go_with_the_answer_of_a_key),
    PANDO_BEHAVIOUR(writes_go_with_the_answer_of_an_id),
    PANDO_BEHAVIOUR(what_cannot_be_written_fails_alone),
    PANDO_BEHAVIOUR(what_is_saved_is_taken_once),
    PANDO_BEHAVIOUR(large_payloads_are_kept_whole),
    PANDO_BEHAVIOUR(the_next_owner_takes_what_has_no_answer),
    PANDO_BEHAVIOUR(leases_that_are_not_held_give_nothing),
    PANDO_BEHAVIOUR(no_more_are_taken_than_asked_for),
    PANDO_BEHAVIOUR(what_is_put_back_is_taken_again),
    PANDO_BEHAVIOUR(what_was_taken_without_anybody_knowing_is_taken_again),
    PANDO_BEHAVIOUR(an_interrupt_is_told_once_to_each_owner),
    PANDO_BEHAVIOUR(nothing_is_handed_out_before_it_is_due),
    PANDO_BEHAVIOUR(what_is_stored_outlives_its_handles),
    PANDO_BEHAVIOUR(ten_open_an_empty_storage_at_once),
    PANDO_BEHAVIOUR(others_are_told_what_has_changed),
    PANDO_BEHAVIOUR(messages_are_listed_by_how_they_stand),
    PANDO_BEHAVIOUR(what_was_not_looked_at_is_said),
    PANDO_BEHAVIOUR(those_that_wait_are_counted_without_an_rpc),
    PANDO_BEHAVIOUR(listed_messages_are_those_that_fit),
    PANDO_BEHAVIOUR(dropped_messages_are_not_listed),
};
#undef PANDO_BEHAVIOUR

/// Runs a coroutine to its end, 60 s at most; what it throws is thrown.
template <class Body>
void run(boost::asio::io_context& io, Body body) {
  std::exception_ptr failed;
  bool ended = false;
  boost::asio::co_spawn(io, std::move(body), [&](std::exception_ptr error) {
    failed = error;
    ended = true;
  });
  auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!ended && io.run_one_until(until) != 0) {
  }
  BOOST_REQUIRE_MESSAGE(ended, "it did not end within 60 s");
  if (failed) std::rethrow_exception(failed);
}

template <class Place>
void show(behaviour const& one) {
  boost::asio::io_context io(1); // ends after the handles
  Place here;
  if (auto const why = here.missing(); !why.empty()) return support::skip(why);
  run(io, [&]() { return one.show(here); });
}

/// Makes a test of each behaviour, in a suite of that name. To be called before `main`.
template <class Place>
bool add(char const* name) {
  auto* const suite = new boost::unit_test::test_suite(name, __FILE__, __LINE__); // of the tree
  for (auto const& one : behaviours)
    suite->add(boost::unit_test::make_test_case([&one] { show<Place>(one); }, one.name, __FILE__,
                                                __LINE__));
  boost::unit_test::framework::master_test_suite().add(suite);
  return true;
}

} // namespace storage_conformance
