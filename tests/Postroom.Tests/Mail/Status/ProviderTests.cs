using Postroom.Mail;
using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Mail.Status;

public class ProviderTests
{
    [Theory]
    [InlineData("smtp.gmail.com", "Google")]
    [InlineData("smtp.googlemail.com", "Google")]
    [InlineData("smtp-relay.google.com", "Google")]
    [InlineData("oauth2.googleapis.com", "Google")]
    [InlineData("SMTP.Office365.com", "Microsoft")]
    [InlineData("smtp.office365.us", "Microsoft")]
    [InlineData("smtp-mail.outlook.com", "Microsoft")]
    [InlineData("smtp.partner.outlook.cn", "Microsoft")]
    [InlineData("login.microsoftonline.com", "Microsoft")]
    [InlineData("login.microsoftonline.us", "Microsoft")]
    [InlineData("login.partner.microsoftonline.cn", "Microsoft")]
    [InlineData("graph.microsoft.com", "Microsoft")]
    [InlineData("graph.microsoft.us", "Microsoft")]
    [InlineData("microsoftgraph.chinacloudapi.cn", "Microsoft")]
    [InlineData("email-smtp.eu-west-1.amazonaws.com", "Amazon")]
    [InlineData("email-smtp.cn-north-1.amazonaws.com.cn", "Amazon")]
    [InlineData("notgmail.com", "")]
    [InlineData("gmail.com.example.org", "")]
    [InlineData("example-com.mail.protection.outlook.com", "")] // takes mail for its own recipients
    [InlineData("chinacloudapi.cn", "")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void A_provider_is_known_by_its_hosts(string? host, string name) =>
        Assert.Equal(name, string.Concat(((Provider[])[Provider.Google, Provider.Microsoft, Provider.Amazon])
            .Where(provider => provider.IsAt(host)).Select(provider => provider.Name)));

    [Theory]
    [InlineData("550 5.7.0 Mail relay denied [192.0.2.1]", Fault.Account)]
    [InlineData("530 5.7.0 Must issue a STARTTLS command first", null)]
    [InlineData("421 4.7.0 Mail relay denied, closing", null)]
    public void A_status_that_many_share_needs_the_words_of_the_provider(string words, Fault? fault)
    {
        var failure = new Failure(Fault.Message, new EnhancedStatus(5, 7, 0), words, "smtp-relay.gmail.com");
        Assert.Equal(fault, ProviderVerdict.Of(failure, Turn.Sender));
    }
}
