// More fields than a struct may have, even adapted.
// expect-first: pando: a struct that is sent has at most 64 fields; put some of them into a struct
// expect: Shop
// expect: Order
// expect-named: "buy"
#include <boost/describe/class.hpp>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct First {
  int field0;
  int field1;
  int field2;
  int field3;
  int field4;
  int field5;
  int field6;
  int field7;
  int field8;
  int field9;
  int field10;
  int field11;
  int field12;
  int field13;
  int field14;
  int field15;
  int field16;
  int field17;
  int field18;
  int field19;
  int field20;
  int field21;
  int field22;
  int field23;
  int field24;
  int field25;
  int field26;
  int field27;
  int field28;
  int field29;
  int field30;
  int field31;
  int field32;
  int field33;
  int field34;
  int field35;
  int field36;
  int field37;
  int field38;
  int field39;
};
struct Second {
  int field40;
  int field41;
  int field42;
  int field43;
  int field44;
  int field45;
  int field46;
  int field47;
  int field48;
  int field49;
  int field50;
  int field51;
  int field52;
  int field53;
  int field54;
  int field55;
  int field56;
  int field57;
  int field58;
  int field59;
  int field60;
  int field61;
  int field62;
  int field63;
  int field64;
#ifndef PANDO_TWIN
  int other0;
#endif
};
BOOST_DESCRIBE_STRUCT(First, (),
                      (field0, field1, field2, field3, field4, field5, field6, field7, field8,
                       field9, field10, field11, field12, field13, field14, field15, field16,
                       field17, field18, field19, field20, field21, field22, field23, field24,
                       field25, field26, field27, field28, field29, field30, field31, field32,
                       field33, field34, field35, field36, field37, field38, field39))
struct Order : First, Second {};
#ifdef PANDO_TWIN
BOOST_DESCRIBE_STRUCT(Order, (First), ())
#else
BOOST_DESCRIBE_STRUCT(Second, (),
                      (field40, field41, field42, field43, field44, field45, field46, field47,
                       field48, field49, field50, field51, field52, field53, field54, field55,
                       field56, field57, field58, field59, field60, field61, field62, field63,
                       field64))
BOOST_DESCRIBE_STRUCT(Order, (First, Second), ())
#endif
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
