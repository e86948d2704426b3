using Postroom.Fuzz.Targets;
using Postroom.Shared;
using Postroom.Tests.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Fuzz;

/// <summary>The whole of what <see cref="SmugglingTests"/> samples.</summary>
public class EveryMixTests
{
    [Fact]
    [Trait("Long", "yes")]
    public void No_sequence_of_six_smuggles_a_mail_in_and_none_of_ten_smuggles_one_out()
    {
        var (sequences, sessions) = SmugglingTests.HoldIn(6);
        var mails = SmugglingTests.HoldOut(10);
        Figures.Note("smuggling", $"{sequences:N0} mixes of line ends, dots and NULs in {sessions:N0} sessions "
            + $"(DATA and BDAT, strict and lenient, cut at every octet), {mails:N0} stored mails sent to "
            + $"{LaxHops.Ends.Length} kinds "
            + "of lax next hop: 0 smuggled, 0 bare CR, LF or NUL passed on");
    }
}
