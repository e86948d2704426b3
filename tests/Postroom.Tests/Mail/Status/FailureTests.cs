using Postroom.Mail;
using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Mail.Status;

public class FailureTests
{
    [Theory]
    [InlineData(Fault.Recipient, 5, true, false)]
    [InlineData(Fault.Message, 5, true, false)]
    [InlineData(Fault.Account, 5, false, true)]   // a wrong password bounces nothing
    [InlineData(Fault.NextHop, 5, false, true)]
    [InlineData(Fault.Ourselves, 5, false, true)]
    [InlineData(Fault.Recipient, 4, false, false)]
    [InlineData(Fault.Message, 4, false, false)]
    [InlineData(Fault.Account, 4, false, true)]
    [InlineData(Fault.NextHop, 4, false, true)]
    [InlineData(Fault.Ourselves, 4, false, true)]
    public void The_fault_decides_whether_it_ends_the_mail_and_who_else_waits(
        Fault fault, int @class, bool permanent, bool shared)
    {
        var failure = new Failure(fault, new EnhancedStatus(@class, 0, 0), "…", "mx.example.com");
        Assert.Equal((permanent, shared), (failure.IsPermanent, failure.IsShared));
    }
}
